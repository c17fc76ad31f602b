"""What customers say of a product: what a summary may rest on, and a summary as a baseline."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.claims import ClaimChecker, Fact
from engine.claims.summary import Opinion, opinions
from engine.labelling.review_labels import star_sentiments
from engine.reviews.prompt_injection import is_prompt_injection
from engine.tables.tables import Tables
from engine.tasks.describe.brief import Brief
from engine.tasks.describe.evidence import Evidence
from engine.tasks.describe.prompts import Messages, chat

# A quote is cut for a prompt, never for a reader.
LONGEST_QUOTE = 160


@dataclass(frozen=True)
class ReviewDigest:
    """How many reviews a product has, how many praise and complain, and what they agree on."""

    reviews: int
    praise: int
    complaint: int
    opinions: Sequence[Opinion]


def digest_reviews(tables: Tables, product_id: str) -> ReviewDigest:
    """The digest of a product's reviews, by their sentiment or, without one, their stars.

    Reviews that try to give orders to a model (prompt injections) are counted and never quoted.
    """
    reviews = tables.reviews[tables.reviews["product_id"] == product_id]
    stars = star_sentiments(reviews["rating"])
    feelings = reviews["sentiment"].astype(object).where(reviews["sentiment"].notna(), stars)
    injections = reviews["text"].map(lambda text: is_prompt_injection(str(text))).astype(bool)
    return ReviewDigest(
        len(reviews),
        int((feelings == "positive").sum()),
        int((feelings == "negative").sum()),
        opinions(replace(tables, frames={"reviews": reviews[~injections]}), product_id),
    )


def review_evidence(
    checker: ClaimChecker, digest: ReviewDigest, product_id: str, brief: Brief
) -> Evidence:
    """The evidence of a summary: the product's facts, its reviews' sentences, and their counts."""
    counted = Fact("reviews", _counted(digest, brief), "attribute:reviews")
    facts = (*checker.facts(product_id, reviews=True), counted)
    shown = tuple(opinion.fact for opinion in digest.opinions)
    return Evidence(product_id, facts, shown, checker)


def summarise(digest: ReviewDigest, brief: Brief) -> str:
    """The baseline: counts, and quotes of what reviews agree on, praise before complaints."""
    words = brief.words["summary"]
    if not digest.reviews:
        return str(words["none"])
    parts = [_counted(digest, brief)]
    for polarity, name in (("praise", "praised"), ("complaint", "criticised")):
        quotes = [
            _quote(opinion, brief) for opinion in digest.opinions if opinion.polarity == polarity
        ]
        if quotes:
            listed = brief.words["template"]["between"].join(quotes)
            parts.append(f"{words[name]}{brief.words['colon']}{listed}{brief.words['stop']}")
    return str(brief.words["space"]).join(parts)


def review_prompt(digest: ReviewDigest, brief: Brief) -> Messages:
    """The messages that ask for a summary of what reviews agree on."""
    words = brief.words["summary"]
    names = {"praise": words["praised"], "complaint": words["criticised"]}
    lines = [
        f"{names[opinion.polarity]}{brief.words['colon']}"
        f"{' '.join(opinion.fact.value.split())[:LONGEST_QUOTE]}"
        for opinion in digest.opinions
    ]
    return chat(words["system"], "\n".join([words["ask"], *lines]))


def _counted(digest: ReviewDigest, brief: Brief) -> str:
    return str(
        brief.words["summary"]["counted"].format(
            n=digest.reviews, praise=digest.praise, complaint=digest.complaint
        )
    )


def _quote(opinion: Opinion, brief: Brief) -> str:
    words = brief.words["summary"]
    form = words["shared"] if opinion.reviews > 1 else words["single"]
    quote = opinion.fact.value.strip().rstrip(".。!！")
    return str(form.format(quote=quote, n=opinion.reviews))
