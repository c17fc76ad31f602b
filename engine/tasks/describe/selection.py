"""Which of several texts for one product is the best: first that it is true, then that it tells."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.claims.facts import sentences
from engine.tasks.describe.brief import ENDS, Brief
from engine.tasks.describe.evidence import Evidence, keep_supported
from engine.text.words import STOPWORDS, words

# A text that tells fewer facts beyond the title is hardly better than the title.
FEWEST_FACTS = 2
# A sentence of one word is a scrap: "4."
FEWEST_WORDS = 2
# More facts than this make a list of a text.
ENOUGH_FACTS = 4


@dataclass(frozen=True)
class Verdict:
    """A text, whether all its claims have a fact, and how many facts it tells beyond the title."""

    text: str
    supported: bool
    used: int

    @property
    def informative(self) -> bool:
        """Whether the text is true and worth reading: supported, with `FEWEST_FACTS` or more."""
        return self.supported and self.used >= FEWEST_FACTS


def judge(text: str, evidence: Evidence) -> Verdict:
    """The verdict on one text."""
    return Verdict(text, evidence.supported(text), evidence.used(text))


def choose_best(texts: Sequence[str], evidence: Evidence, brief: Brief) -> str:
    """The best of some texts and of what is left of them without unsupported sentences.

    Supported comes first, then that the product is named, then the facts told beyond the title,
    then the order given. Sentences of the other texts that tell further facts follow, as far as
    `brief` has room. Where nothing is supported, the text with the fewest unsupported claims.
    """
    shortened = [keep_supported(text, evidence) for text in texts]
    candidates = dict.fromkeys([*texts, *(text for text in shortened if text)])
    verdicts = [judge(text, evidence) for text in candidates]
    supported = [verdict for verdict in verdicts if verdict.supported]
    if supported:
        title = set(words(evidence.title)) - STOPWORDS

        def worth(verdict: Verdict) -> tuple[bool, int]:
            names_product = bool(title.intersection(words(verdict.text)))
            return names_product, min(verdict.used, ENOUGH_FACTS)

        best = max(supported, key=worth).text
        return _add_facts(
            best, [sentence for text in texts for sentence in sentences(text)], evidence, brief
        )
    return min(
        (verdict.text for verdict in verdicts),
        key=lambda text: sum(claim.fact is None for claim in evidence.claims(text)),
    )


def _add_facts(text: str, others: Sequence[str], evidence: Evidence, brief: Brief) -> str:
    """A supported text, followed by those of some sentences that tell further facts."""
    for sentence in others:
        used = evidence.used(text)
        if used >= ENOUGH_FACTS or len(sentences(text)) >= brief.most_sentences:
            break
        stop = "" if text.endswith(ENDS) else brief.words["stop"]
        longer = f"{text}{stop}{brief.words['space']}{sentence}"
        if len(words(sentence)) >= FEWEST_WORDS and len(longer) <= brief.most_characters:
            verdict = judge(longer, evidence)
            if verdict.supported and verdict.used > used:
                text = longer
    return text
