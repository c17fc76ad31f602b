"""What the task says of texts about a product: each with its claims checked."""

from collections.abc import Mapping

from engine.tasks.describe.answers import CheckedText, DescribeAnswer, DescribeExplanation
from engine.tasks.describe.evidence import Evidence, FactFrequencies


def answer(evidence: Evidence, texts: Mapping[str, str], recommended: str) -> DescribeAnswer:
    """The answer about a product from the `texts` of systems; that of `recommended` comes first."""
    systems = {name: check(text, evidence) for name, text in texts.items()}
    best = systems[recommended]
    return DescribeAnswer(
        evidence.product_id,
        evidence.title,
        best.text,
        _supported_share(best),
        systems,
        evidence.shown,
    )


def check(text: str, evidence: Evidence) -> CheckedText:
    """A text with its claims, each with the fact that it rests on."""
    return CheckedText(
        text, evidence.supported(text), evidence.used(text), tuple(evidence.claims(text))
    )


def explain(evidence: Evidence, frequencies: FactFrequencies) -> DescribeExplanation:
    """What the writer is told, each fact with how often descriptions tell its kind."""
    weights = [(fact.value, frequencies.rates.get(fact.source, 0.0)) for fact in evidence.shown]
    return DescribeExplanation(weights, evidence.shown)


def _supported_share(text: CheckedText) -> float:
    if text.supported or not text.claims:
        return float(text.supported)
    return sum(claim.fact is not None for claim in text.claims) / len(text.claims)
