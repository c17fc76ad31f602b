"""Which numbers of a text stand in the evidence attached, and which were made up."""

import re
from collections.abc import Iterator, Sequence

from engine.claims import Claim, Fact
from engine.claims.numbers import number_claims
from engine.evidence.citation import Citation
from engine.evidence.words import say_citation
from engine.text.quantities import Quantity

_DECIMALS = re.compile(r"\d[.．](\d+)")
# The `@10` of a metric, and the numbers in names, claim nothing.
_NAME_BEFORE = re.compile(r"[A-Za-z_@#]$")


def check_numbers(text: str, citations: Sequence[Citation], language: str) -> tuple[Claim, ...]:
    """Every number of a text, with the citation in which it stands, rounded as the text rounds it.

    Whether the number means there what it means here is for the reader to see, who gets the whole
    citation; a number in no citation at all is unsupported.
    """
    claims = []
    for number in number_claims(text):
        if _NAME_BEFORE.search(text[: number.start]):
            continue
        span = text[number.start : number.end]
        source = next((one for one in citations if _stands_in(number, span, one)), None)
        fact = (
            Fact("citation", say_citation(source, language), f"citation:{source.id}")
            if source
            else None
        )
        claims.append(Claim("number", span, number.start, number.end, fact))
    return tuple(claims)


def _stands_in(number: Quantity, span: str, citation: Citation) -> bool:
    match = _DECIMALS.search(span)
    decimals = len(match[1]) if match else 0
    percent = number.unit == "percent" or "%" in span or "％" in span
    return any(
        abs(abs(figure) - abs(number.value)) <= 0.5 * 10**-decimals + 1e-9
        for figure in _figures(citation, percent=percent)
        # Whatever rounds to 0 says nothing.
        if abs(figure) >= 0.5 * 10**-decimals
    )


def _figures(citation: Citation, *, percent: bool) -> Iterator[float]:
    """The numbers of a citation as a text may state them."""
    for figure in (citation.value, citation.low, citation.high, citation.base):
        if figure is not None:
            yield 100 * figure if percent else figure
    if citation.value is not None and citation.base is not None:
        total = citation.base + citation.value
        yield 100 * total if percent else total
    if not percent:
        yield float(citation.n)
    yield from (one.value for one in number_claims(citation.note))
