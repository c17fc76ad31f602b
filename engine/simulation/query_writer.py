"""Writes the distinct queries of a sample shop from templates."""

from string import Formatter

import numpy as np

from engine.simulation.assortment import MODELS, SimulatedShop
from engine.simulation.draws import pick
from engine.simulation.queries import INTENT_SHARES, Query
from engine.simulation.word_lists import Category, Notion, Series, ShopWords

_ATTEMPTS = 40
_SLANG_SHARE = 0.8
_USE_SLANG_SHARE = 0.65
_SLANG_WEIGHT = 6.0
"""How many times more often people ask for a value with a slang word: popular values get one."""
_FAMOUS_SHARE = 0.8
"""How often people mean a brand's first line, which may have a nickname."""
_PRICE_LEVELS = (-0.3, 0.0, 0.3)


def make_queries(shop: SimulatedShop, count: int, rng: np.random.Generator) -> list[Query]:
    """About `count` distinct queries; fewer if the templates yield no more new ones."""
    queries: dict[str, Query] = {}
    leaves = np.unique(shop.category)
    for intent, share in INTENT_SHARES.items():
        missing = max(round(share * count), 1)
        for attempt in range(missing * _ATTEMPTS):
            query = QueryWriter(shop, int(leaves[attempt % len(leaves)]), rng).write(intent)
            if query.text in queries or not _answerable(query, shop):
                continue
            queries[query.text] = query
            missing -= 1
            if not missing:
                break
    return list(queries.values())


def _answerable(query: Query, shop: SimulatedShop) -> bool:
    if query.intent == "service":
        return True
    candidates = query.candidates(shop)
    return bool(len(candidates)) and query.grades(shop, candidates).max() == 3


class QueryWriter:
    """Fills in one template, and notes what each word asks of a product."""

    def __init__(self, shop: SimulatedShop, leaf: int, rng: np.random.Generator) -> None:
        self.shop = shop
        self.words: ShopWords = shop.words
        self.rng = rng
        self.leaf_number = leaf
        self.leaf: Category = self.words.categories[self.leaf_number]
        brands = [
            number
            for number, brand in enumerate(self.words.brands)
            if brand.top == self.leaf.top
            for _ in range(1 + 2 * sum(bool(series.nickname) for series in brand.series))
        ]
        self.brand = pick(brands, rng)
        self.needs: dict[str, tuple[int, ...]] = {}
        self.leaf_named = False
        self.categories: tuple[int, ...] | None = None
        self.price = np.inf
        self.slang = False

    def write(self, intent: str) -> Query:
        """A query of `intent`."""
        template = pick(self.words.queries[intent], self.rng)
        text = ""
        for literal, slot, _, _ in Formatter().parse(template):
            text += literal + (getattr(self, f"_write_{slot}")() if slot else "")
        if intent == "service":
            return Query(self._misspell(text.lower()), intent, weight=self._weight())
        if intent == "deal" and np.isinf(self.price):
            self.price = self._price_at(0.0)
        return Query(
            self._misspell(text.lower()),
            intent,
            self._categories(),
            tuple(self.needs.items()),
            self.price,
            self.slang,
            self._weight(),
        )

    def _weight(self) -> float:
        return float(self.rng.lognormal(0, 0.7))

    def _categories(self) -> tuple[int, ...]:
        leaves = self.words.categories
        if self.leaf_named:
            return (self.leaf_number,)
        if self.categories is not None:
            return self.categories
        return tuple(n for n, leaf in enumerate(leaves) if leaf.top == self.leaf.top)

    def _form(self, notion: Notion) -> str:
        """One of the words for a value: that of the catalog, a common one, or slang."""
        dice = self.rng.random()
        if notion.slang and dice < _SLANG_SHARE:
            self.slang = True
            return pick(notion.slang, self.rng)
        if notion.synonyms and self.rng.random() < 0.5:
            return pick(notion.synonyms, self.rng)
        return notion.value

    def _write_type(self) -> str:
        self.leaf_named = True
        dice = self.rng.random()
        if dice < 0.33:
            self.slang = True
            return pick(self.leaf.slang, self.rng)
        return pick(self.leaf.words if dice < 0.48 else self.leaf.nouns, self.rng)

    def _write_facet(self) -> str:
        self.leaf_named = True
        trait = "style" if "style" not in self.needs and self.rng.random() < 0.8 else "extra"
        values: tuple[Notion, ...] = getattr(self.leaf, trait)
        weights = np.array([_SLANG_WEIGHT if value.slang else 1.0 for value in values])
        number = int(self.rng.choice(len(values), p=weights / weights.sum()))
        self.needs[trait] = (number,)
        return self._form(values[number])

    def _write_color(self) -> str:
        number = int(self.rng.integers(len(self.words.colors)))
        self.needs["color"] = (number,)
        return self._form(self.words.colors[number])

    def _write_use(self) -> str:
        number = pick(self.leaf.uses, self.rng)
        self.needs["use"] = (number,)
        use = self.words.uses[number]
        if self.rng.random() < _USE_SLANG_SHARE:
            self.slang = True
            return pick(use.slang, self.rng)
        return pick(use.synonyms, self.rng)

    def _write_brand(self) -> str:
        self.needs["brand"] = (self.brand,)
        return self.words.brands[self.brand].name

    def _write_series(self) -> str:
        number = int(self.rng.random() > _FAMOUS_SHARE)
        self.needs["brand"], self.needs["series"] = (self.brand,), (number,)
        series: Series = self.words.brands[self.brand].series[number]
        if series.nickname and self.rng.random() < _SLANG_SHARE:
            self.slang = True
            return series.nickname
        return series.name

    def _write_model(self) -> str:
        number = int(self.rng.integers(1, MODELS + 1))
        self.needs["model"] = (number,)
        return str(number)

    def _write_price(self) -> str:
        self.price = self._price_at(pick(_PRICE_LEVELS, self.rng))
        return f"{self.price:.0f}"

    def _price_at(self, level: float) -> float:
        """A round price `level` standard deviations from the category's median."""
        price = self.leaf.price * np.exp(self.leaf.sigma * level)
        digit = 10 ** max(int(np.log10(price)) - 1, 0) * 5
        return float(max(round(price / digit), 1) * digit)

    def _write_who(self) -> str:
        person = pick(self.words.people, self.rng)
        self.needs["use"] = person.uses
        self.categories = tuple(
            number
            for number, leaf in enumerate(self.words.categories)
            if set(leaf.uses) & set(person.uses)
        )
        return pick(person.synonyms, self.rng)

    def _write_pain(self) -> str:
        self.leaf_named = True
        cures: list[tuple[str, int, Notion]] = [
            (trait, number, value)
            for trait in ("style", "extra")
            for number, value in enumerate(getattr(self.leaf, trait))
            if value.pains
        ]
        trait, number, value = pick(cures, self.rng)
        self.needs[trait] = (number,)
        return pick(value.pains, self.rng)

    def _misspell(self, text: str) -> str:
        """Sometimes with a typing mistake: a listed misspelling, or two letters swapped."""
        if self.rng.random() >= self.words.typo_share:
            return text
        misspelt = [word for word in self.words.typo_forms if word in text]
        if misspelt:
            word = pick(misspelt, self.rng)
            return text.replace(word, pick(self.words.typo_forms[word], self.rng), 1)
        if len(text) < 5 or not text.isascii():
            return text
        at = int(self.rng.integers(1, len(text) - 2))
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
