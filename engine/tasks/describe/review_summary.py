"""What customers say of a product: what a summary may rest on, and a summary as a baseline."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.claims import ClaimChecker, Fact
from engine.claims.summary import Opinion, opinions
from engine.labelling.review_labels import star_sentiments
from engine.reviews.prompt_injection import is_prompt_injection
from engine.tables.tables import Tables
from engine.tasks.describe.brief import Brief
from engine.tasks.describe.evidence import Grounds
from engine.tasks.describe.prompts import Messages, chat

# A quote is cut for a prompt, never for a reader.
LONGEST_QUOTE = 160


@dataclass(frozen=True)
class Voices:
    """How many reviews a product has, how many praise and complain, and what they agree on."""

    reviews: int
    praise: int
    complaint: int
    opinions: Sequence[Opinion]


def hear_reviews(tables: Tables, product_id: str) -> Voices:
    """The voices of a product's reviews, by their sentiment or, without one, their stars.

    Reviews that give orders to a machine are counted and never quoted.
    """
    reviews = tables.reviews[tables.reviews["product_id"] == product_id]
    stars = star_sentiments(reviews["rating"])
    feelings = reviews["sentiment"].astype(object).where(reviews["sentiment"].notna(), stars)
    ordering = reviews["text"].map(lambda text: is_prompt_injection(str(text))).astype(bool)
    return Voices(
        len(reviews),
        int((feelings == "positive").sum()),
        int((feelings == "negative").sum()),
        opinions(replace(tables, frames={"reviews": reviews[~ordering]}), product_id),
    )


def ground_reviews(checker: ClaimChecker, voices: Voices, product_id: str, brief: Brief) -> Grounds:
    """The grounds of a summary: the product's facts, its reviews' sentences, and their counts."""
    counted = Fact("reviews", _counted(voices, brief), "attribute:reviews")
    facts = (*checker.facts(product_id, reviews=True), counted)
    shown = tuple(opinion.fact for opinion in voices.opinions)
    return Grounds(product_id, facts, shown, checker)


def summarise(voices: Voices, brief: Brief) -> str:
    """The baseline: counts, and quotes of what reviews agree on, praise before complaints."""
    words = brief.words["summary"]
    if not voices.reviews:
        return str(words["none"])
    said = [_counted(voices, brief)]
    for polarity, name in (("praise", "praised"), ("complaint", "criticised")):
        quotes = [_quote(one, brief) for one in voices.opinions if one.polarity == polarity]
        if quotes:
            listed = brief.words["template"]["between"].join(quotes)
            said.append(f"{words[name]}{brief.words['colon']}{listed}{brief.words['stop']}")
    return brief.words["space"].join(said)


def review_prompt(voices: Voices, brief: Brief) -> Messages:
    """The messages that ask for a summary of what reviews agree on."""
    words = brief.words["summary"]
    names = {"praise": words["praised"], "complaint": words["criticised"]}
    lines = [
        f"{names[one.polarity]}{brief.words['colon']}"
        f"{' '.join(one.fact.value.split())[:LONGEST_QUOTE]}"
        for one in voices.opinions
    ]
    return chat(words["system"], "\n".join([words["ask"], *lines]))


def _counted(voices: Voices, brief: Brief) -> str:
    return str(
        brief.words["summary"]["counted"].format(
            n=voices.reviews, praise=voices.praise, complaint=voices.complaint
        )
    )


def _quote(opinion: Opinion, brief: Brief) -> str:
    words = brief.words["summary"]
    form = words["shared"] if opinion.reviews > 1 else words["single"]
    quote = opinion.fact.value.strip().rstrip(".。!！")
    return str(form.format(quote=quote, n=opinion.reviews))
