"""Which of several texts for one product is the best: first that it is true, then that it tells."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.copywriting.grounds import Grounds, keep_supported
from engine.text.words import STOPWORDS, words

# More facts than this make a list of a text.
ENOUGH_FACTS = 4


@dataclass(frozen=True)
class Verdict:
    """A text, whether all its claims have a fact, and how many facts it tells beyond the title."""

    text: str
    supported: bool
    used: int


def judge(text: str, grounds: Grounds) -> Verdict:
    """The verdict on one text."""
    return Verdict(text, grounds.supported(text), grounds.used(text))


def choose_best(texts: Sequence[str], grounds: Grounds) -> str:
    """The best of some texts and of what is left of them without unsupported sentences.

    Supported comes first, then that the product is named, then the facts told beyond the title,
    then the order given; where nothing is supported, the text with the fewest unsupported claims.
    """
    shortened = [keep_supported(text, grounds) for text in texts]
    candidates = dict.fromkeys([*texts, *(text for text in shortened if text)])
    verdicts = [judge(text, grounds) for text in candidates]
    supported = [one for one in verdicts if one.supported]
    if supported:
        named = set(words(grounds.title)) - STOPWORDS

        def worth(one: Verdict) -> tuple[bool, int]:
            return bool(named.intersection(words(one.text))), min(one.used, ENOUGH_FACTS)

        return max(supported, key=worth).text
    return min(
        (one.text for one in verdicts),
        key=lambda text: sum(claim.fact is None for claim in grounds.claims(text)),
    )
