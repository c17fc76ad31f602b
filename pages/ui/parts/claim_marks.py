"""A text with its claims marked in it, and the facts or reviews that support each."""

import re
from collections.abc import Iterator, Sequence

import pandas as pd
import streamlit as st

from engine.claims import Claim, Fact
from engine.claims.facts import ATTRIBUTE, REVIEW
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import tables

# The signs tell the two apart without relying on colour.
SUPPORTED, UNSUPPORTED = "✓", "✗"
_KNOWN = ("title", "description", "brand", "price", "category")


def show(text: str, claims: Sequence[Claim], *, key: str, listed: bool = True) -> None:
    """What the check found, the marked text and, if `listed`, a table of claims and their facts."""
    st.markdown(f"**{escape(finding(claims))}**")
    with st.container(border=True, key=f"{key}_text"):
        st.markdown(mark(text, claims))
    if not claims:
        return
    st.caption(t("claims.legend", supported=SUPPORTED, unsupported=UNSUPPORTED))
    if listed:
        show_table(claims, key=f"{key}_claims")


def show_table(claims: Sequence[Claim], *, key: str) -> None:
    """Each claim with the fact that supports it, unsupported ones first."""
    columns = ("state", "claim", "kind", "source", "fact")
    ordered = sorted(claims, key=lambda claim: claim.fact is not None)
    frame = pd.DataFrame([_row(claim) for claim in ordered], columns=list(columns))
    labels = {name: t(f"claims.columns.{name}") for name in columns}
    tables.show(frame, labels=labels, alt=finding(claims), key=key)


def finding(claims: Sequence[Claim]) -> str:
    """In a sentence, how many of a text's claims are supported by facts."""
    wrong = sum(claim.fact is None for claim in claims)
    if not claims:
        return t("claims.findings.none")
    if not wrong:
        return t("claims.findings.all", n=len(claims))
    return t("claims.findings.some", wrong=wrong, n=len(claims))


def mark(text: str, claims: Sequence[Claim]) -> str:
    """`text` as safe Markdown, its claims on a green or red background behind a sign."""
    pieces, here = [], 0
    for start, end, supported in _spans(claims):
        sign, colour = (SUPPORTED, "green") if supported else (UNSUPPORTED, "red")
        words = escape(text[start:end])
        pieces += [_plain(text[here:start]), f":{colour}-background[{sign} {words}]"]
        here = end
    return "".join([*pieces, _plain(text[here:])])


def source(fact: Fact) -> str:
    """Where a fact comes from, in the user's language."""
    if fact.source.startswith(REVIEW):
        return t("claims.sources.review", name=fact.source.removeprefix(REVIEW))
    if fact.source in _KNOWN:
        return tables.column_name(fact.source)
    return t("claims.sources.attribute", name=fact.source.removeprefix(ATTRIBUTE))


def _row(claim: Claim) -> tuple[str, str, str, str, str]:
    state = "supported" if claim.fact else "unsupported"
    sign = SUPPORTED if claim.fact else UNSUPPORTED
    return (
        f"{sign} {t(f'claims.states.{state}')}",
        claim.text,
        t(f"claims.kinds.{claim.kind}"),
        source(claim.fact) if claim.fact else "",
        claim.fact.value if claim.fact else "",
    )


def _spans(claims: Sequence[Claim]) -> Iterator[tuple[int, int, bool]]:
    """The spans of claims in order; overlapping ones are merged, supported if all are."""
    merged: list[tuple[int, int, bool]] = []
    for claim in sorted(claims, key=lambda claim: (claim.start, claim.end)):
        supported = claim.fact is not None
        if merged and claim.start < merged[-1][1]:
            start, end, so_far = merged.pop()
            merged.append((start, max(end, claim.end), so_far and supported))
        else:
            merged.append((claim.start, claim.end, supported))
    yield from merged


def _plain(part: str) -> str:
    """Text between claims, escaped; its line breaks stay, and its spaces next to the claims."""
    return "".join(
        ("  \n" if "\n" in piece else " ") if piece.isspace() else escape(piece)
        for piece in re.split(r"(\s+)", part)
    )
