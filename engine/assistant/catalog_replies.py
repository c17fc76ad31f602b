"""Replies about products, from the catalog and its reviews."""

from engine.assistant.lists import ListAnswers
from engine.assistant.outcomes import answer_with, ask_back, hand_over
from engine.assistant.parsing import LIKELY, ParsedMessage
from engine.assistant.product_facts import FactAnswers
from engine.assistant.product_resolution import ProductNames
from engine.assistant.reply import Kind, Reply, Sentence
from engine.assistant.review_answers import Opinions

# Reviews are quoted for so many products.
REVIEWED = 2


class CatalogReplies:
    """The replies to what customers want to find or to know about products."""

    def __init__(
        self, names: ProductNames, facts: FactAnswers, lists: ListAnswers, opinions: Opinions
    ) -> None:
        self.names = names
        self.facts = facts
        self.lists = lists
        self.opinions = opinions

    def search(self, parsed: ParsedMessage) -> Reply:
        """Products that fit a wish."""
        if parsed.matches("superlative", "best_rated"):
            return self.opinion(parsed, "search")
        if parsed.resolved.specific and parsed.matches("ask", "stock"):
            return self.product(parsed)
        sentences: list[Sentence] = []
        if not _is_loose(parsed):
            sentences = self.lists.search(parsed.text, parsed.resolved, parsed.language)
        # Whoever asks for a thing by its name is not helped by what comes near to it.
        named = parsed.matches("wants", "thing")
        if not sentences and not named and parsed.likeliest == "search":
            sentences = self.lists.needs(parsed.text, parsed.language)
        if not sentences:
            return hand_over(parsed, "search", "nothing_found")
        return answer_with(parsed, "search", sentences)

    def product(self, parsed: ParsedMessage) -> Reply:
        """What the catalog says of the products that are meant."""
        if not parsed.resolved.rows:
            if parsed.resolved.terms:
                return self.search(parsed)
            return ask_back(parsed, "product", "which_product")
        if parsed.matches("ask", "stock"):
            sentences = self.facts.stock(parsed.resolved, parsed.language)
            if not sentences:
                return hand_over(parsed, "product", "no_stock")
        else:
            sentences = self.facts.answer(parsed.text, parsed.resolved, parsed.language)
        if not sentences and not parsed.resolved.specific:
            return self.search(parsed)
        if not sentences:
            return hand_over(parsed, "product", "not_in_catalog")
        return answer_with(parsed, "product", sentences)

    def compare(self, parsed: ParsedMessage) -> Reply:
        """Two or three products side by side."""
        groups = self.names.groups(parsed.text, parsed.resolved)
        if len(groups) < 2 and len(parsed.resolved.rows) > 1 and not parsed.resolved.identity:
            groups = [[row] for row in parsed.resolved.rows]
        if len(groups) < 2:
            return ask_back(parsed, "compare", "which_products")
        return answer_with(parsed, "compare", self.lists.compare(groups, parsed.language))

    def opinion(self, parsed: ParsedMessage, kind: Kind = "opinion") -> Reply:
        """What reviews say of the products that are meant, or which of them are rated best."""
        rows = list(parsed.resolved.rows)
        if not rows:
            return ask_back(parsed, kind, "which_product")
        if parsed.matches("superlative", "best_rated"):
            fitting = self.names.keep(rows, parsed.resolved.values)
            pairs = [(self.names.ids[row], self.names.titles[row]) for row in fitting]
            sentences = self.opinions.best(pairs, parsed.language)
        else:
            titles = {self.names.ids[row]: self.names.titles[row] for row in rows}
            reviewed = self.opinions.reviewed(list(titles), parsed.masked, REVIEWED)
            pairs = [(product, titles[product]) for product in reviewed]
            sentences = self.opinions.answer(parsed.masked, pairs, parsed.language)
        if not sentences:
            return hand_over(parsed, kind, "no_reviews")
        return answer_with(parsed, kind, sentences)

    def stated(self, parsed: ParsedMessage) -> list[Sentence]:
        """The facts that support what a message states about single products."""
        if not parsed.resolved.specific:
            return []
        return self.facts.stated(parsed.text, parsed.resolved, parsed.language)


def _is_loose(parsed: ParsedMessage) -> bool:
    """Whether only the last word of a category is named, in a message about who knows what."""
    loose = parsed.kinds["search"] < LIKELY and bool(parsed.resolved.terms)
    return loose and all(term.field == "alias" for term in parsed.resolved.terms)
