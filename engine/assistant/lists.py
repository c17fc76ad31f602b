"""Lists of products: what fits a wish, what comes near to a need, two or three side by side."""

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.assistant.message_vectors import Likeness
from engine.assistant.product_facts import is_cue
from engine.assistant.product_resolution import ResolvedProducts, Term
from engine.assistant.rendering import FactRenderer, once
from engine.assistant.reply import Sentence
from engine.assistant.understanding import cue_pattern
from engine.claims import Fact
from engine.claims.lexicon import tokens_of
from engine.claims.polarity import is_denied
from engine.messages import say
from engine.retrieval.filter_reader import FilterReader

Rank = Callable[[str, NDArray[np.bool_]], Sequence[str]]

LISTED = 5
# A sentence of any product is so much nearer to a need than usual ones; so many are listed.
NEEDED, NEEDS = 3.0, 3
# So many sentences that descriptions repeat are gathered beforehand, and say what is usual.
GATHERED = 600
# What so many products say of themselves tells nothing of any need: "comes in a gift box".
COMMON = 0.05
# So many products that the search finds are looked at, too.
RANKED = 5
COMPARED = 3


class ListAnswers:
    """Products that a message may want, the best first."""

    def __init__(
        self,
        renderer: FactRenderer,
        likeness: Likeness,
        repeated: dict[str, list[int]],
        filters: FilterReader,
        rank: Rank,
    ) -> None:
        self.renderer = renderer
        self.names = renderer.names
        self.likeness = likeness
        self.repeated = repeated
        self.filters = filters
        self.rank = rank
        self._places = {name: row for row, name in enumerate(self.names.ids)}

    def search(self, message: str, resolved: ResolvedProducts, language: str) -> list[Sentence]:
        """Products that fit what a message asks for; nothing where it names nothing of the shop.

        Where no product has all that is named, the nearest are listed, and that is said.
        """
        terms = [term for term in resolved.terms if not _denied(message, term)]
        identity = [term for term in terms if term.role != "attribute"]
        values = [
            term
            for term in terms
            if term.role == "attribute" and not is_cue(message, term, language)
        ]
        if not (resolved.rows or values):
            return []
        rows = list(resolved.rows) if resolved.rows else list(range(len(self.names.ids)))
        stated = [
            one.as_json()
            for one in self.filters.read(message).filters
            if one.kind in ("colour", "price")
        ]
        wished = np.flatnonzero(self.filters.keep(stated)).tolist() if stated else rows
        colours = {one["field"] for one in stated}
        plain = [term for term in values if term.field not in colours]
        fitting = set(self.names.keep(rows, plain)) & set(wished)
        opening = "found"
        if not fitting:
            opening = "nearest"
            near = (set(self.names.keep(rows, values)), set(rows) & set(wished))
            fitting = next((some for some in near if some), set(rows) if identity else set())
        if not fitting:
            return []
        ranked = self._ranked(message, sorted(fitting), language)
        lines = [
            self.renderer.line(
                row,
                language,
                [fact for fact in self.renderer.holding(row, values) if fact.is_attribute],
            )
            for row in ranked[:LISTED]
        ]
        return [Sentence(say(f"assistant.catalog.{opening}", language)), *lines]

    def needs(self, message: str, language: str) -> list[Sentence]:
        """Products whose descriptions come near to what a message needs, and what they say."""
        rows_of = dict(self.repeated)
        everything = np.ones(len(self.names.ids), dtype=bool)
        for name in self.rank(message, everything)[:RANKED]:
            row = self._places[name]
            for fact in self.renderer.facts(row):
                if fact.name == "description":
                    rows_of[fact.value] = [row, *rows_of.get(fact.value, ())]
        texts = list(rows_of)
        lines: list[Sentence] = []
        for place, _ in list(self.likeness.near(message, texts, NEEDED))[:NEEDS]:
            quote = Fact("description", texts[place], "description")
            for row in self._ranked(message, rows_of[quote.value], language)[:2]:
                lines += [
                    self.renderer.line(row, language),
                    self.renderer.sentence(row, quote, language),
                ]
        opening = Sentence(say("assistant.catalog.perhaps", language))
        return [opening, *once(lines)] if lines else []

    def compare(self, groups: Sequence[Sequence[int]], language: str) -> list[Sentence]:
        """The first product of each group side by side, and the cheapest where prices differ."""
        rows = [group[0] for group in groups if group][:COMPARED]
        lines = [one for row in rows for one in self.renderer.about(row, language, described=False)]
        prices = [float(self.names.prices[row]) for row in rows]
        if not np.isnan(prices).any() and min(prices) < max(prices):
            low = rows[int(np.argmin(prices))]
            facts = [
                (row, fact)
                for row in rows
                for fact in self.renderer.facts(row)
                if fact.name == "price"
            ]
            sources = tuple(self.renderer.source(row, fact) for row, fact in facts)
            text = say("assistant.catalog.cheapest", language, title=self.names.titles[low])
            lines.append(Sentence(text, sources))
        return lines

    def _ranked(self, message: str, rows: Sequence[int], language: str) -> list[int]:
        for key, sign in (("cheapest", 1), ("dearest", -1)):
            if cue_pattern("superlative", key, language).search(message):
                priced = [row for row in rows if not np.isnan(self.names.prices[row])]
                return sorted(priced, key=lambda row: sign * self.names.prices[row])
        keep = np.zeros(len(self.names.ids), dtype=bool)
        keep[list(rows)] = True
        ranked = [self._places[name] for name in self.rank(message, keep)]
        return list(dict.fromkeys([*ranked, *rows]))


def repeated_sentences(renderer: FactRenderer) -> dict[str, list[int]]:
    """The sentences that descriptions repeat most, and the rows of the products of each."""
    rows: dict[str, list[int]] = defaultdict(list)
    for row in range(len(renderer.names.ids)):
        for fact in renderer.facts(row):
            if fact.name == "description":
                rows[fact.value].append(row)
    telling = [text for text in rows if len(rows[text]) <= COMMON * len(renderer.names.ids)]
    most = sorted(telling, key=lambda text: -len(rows[text]))[:GATHERED]
    return {text: rows[text] for text in most}


def _denied(message: str, term: Term) -> bool:
    inside = [one for one in tokens_of(message) if term.start <= one.start and one.end <= term.end]
    return bool(inside) and is_denied(message, inside[0], inside[-1])
