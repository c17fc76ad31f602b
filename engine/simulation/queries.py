"""What shoppers type, and what they mean by it: the pool of distinct queries."""

from dataclasses import dataclass
from string import Formatter

import numpy as np

from engine.simulation.assortment import MODELS, Shop
from engine.simulation.draws import pick
from engine.simulation.word_lists import Category, Lexicon, Notion, Series

INTENT_SHARES = {
    "browse_category": 0.13,
    "exact_product": 0.15,
    "by_attribute": 0.23,
    "deal": 0.13,
    "gift": 0.12,
    "problem": 0.12,
    "service": 0.12,
}
"""Each intent's share of the distinct queries."""
_ATTEMPTS = 40
_SLANG_SHARE = 0.8
_USE_SLANG_SHARE = 0.65
_KNOWN_WEIGHT = 6.0
"""How many times more often a value with a nickname is asked for: what is
asked for much gets a nickname."""
_FAMOUS_SHARE = 0.8
"""How often a brand's first line is meant, the one that may have a nickname."""
_PRICE_LEVELS = (-0.3, 0.0, 0.3)


@dataclass(frozen=True)
class Query:
    """A query and its meaning.

    `categories` are the leaves that it is about (empty for service questions), `needs` pairs of a
    trait (`brand`, `series`, `model`, `color`, `style`, `extra`, `use`) and its accepted numbers,
    `price` the highest price that is fine. `slang` tells whether it uses this shop's own words,
    `weight` how often it is asked.
    """

    text: str
    intent: str
    categories: tuple[int, ...] = ()
    needs: tuple[tuple[str, tuple[int, ...]], ...] = ()
    price: float = np.inf
    slang: bool = False
    weight: float = 1.0

    def grades(self, shop: Shop, numbers: np.ndarray) -> np.ndarray:
        """True relevance of products, 0 to 3, one for each of `numbers`.

        3 fits wholly, 2 is too dear only, 1 misses one need, 0 misses the category or more.
        """
        missed = np.zeros(len(numbers), dtype=int)
        for trait, accepted in self.needs:
            missed += ~np.isin(getattr(shop, trait)[numbers], accepted)
        grades = np.where(missed == 0, np.where(shop.price[numbers] <= self.price, 3, 2), 0)
        grades[missed == 1] = 1
        grades[~np.isin(shop.category[numbers], self.categories)] = 0
        return grades

    def candidates(self, shop: Shop) -> np.ndarray:
        """The products of the query's categories."""
        if not self.categories:
            return np.array([], dtype=int)
        return np.concatenate([shop.by_category[leaf] for leaf in self.categories])


def make_queries(shop: Shop, count: int, rng: np.random.Generator) -> list[Query]:
    """About `count` distinct queries; fewer if the templates yield no more new ones."""
    queries: dict[str, Query] = {}
    leaves = np.unique(shop.category)
    for intent, share in INTENT_SHARES.items():
        wanted = max(round(share * count), 1)
        for attempt in range(wanted * _ATTEMPTS):
            query = _Speaker(shop, int(leaves[attempt % len(leaves)]), rng).say(intent)
            if query.text in queries or not _answerable(query, shop):
                continue
            queries[query.text] = query
            wanted -= 1
            if not wanted:
                break
    return list(queries.values())


def _answerable(query: Query, shop: Shop) -> bool:
    if query.intent == "service":
        return True
    candidates = query.candidates(shop)
    return bool(len(candidates)) and query.grades(shop, candidates).max() == 3


class _Speaker:
    """Fills one template, and notes what each filled word asks of a product."""

    def __init__(self, shop: Shop, leaf: int, rng: np.random.Generator) -> None:
        self.shop = shop
        self.lexicon: Lexicon = shop.lexicon
        self.rng = rng
        self.leaf_number = leaf
        self.leaf: Category = self.lexicon.categories[self.leaf_number]
        brands = [
            number
            for number, brand in enumerate(self.lexicon.brands)
            if brand.top == self.leaf.top
            for _ in range(1 + 2 * sum(bool(series.nickname) for series in brand.series))
        ]
        self.brand = pick(brands, rng)
        self.needs: dict[str, tuple[int, ...]] = {}
        self.leaf_named = False
        self.categories: tuple[int, ...] | None = None
        self.price = np.inf
        self.slang = False

    def say(self, intent: str) -> Query:
        """A query of `intent`."""
        template = pick(self.lexicon.queries[intent], self.rng)
        text = ""
        for literal, slot, _, _ in Formatter().parse(template):
            text += literal + (getattr(self, f"_say_{slot}")() if slot else "")
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
        leaves = self.lexicon.categories
        if self.leaf_named:
            return (self.leaf_number,)
        if self.categories is not None:
            return self.categories
        return tuple(n for n, leaf in enumerate(leaves) if leaf.top == self.leaf.top)

    def _form(self, notion: Notion) -> str:
        """One of the words for a value: the catalog's, a common one or slang."""
        dice = self.rng.random()
        if notion.slang and dice < _SLANG_SHARE:
            self.slang = True
            return pick(notion.slang, self.rng)
        return (
            pick(notion.said, self.rng) if notion.said and self.rng.random() < 0.5 else notion.value
        )

    def _say_type(self) -> str:
        self.leaf_named = True
        dice = self.rng.random()
        if dice < 0.33:
            self.slang = True
            return pick(self.leaf.slang, self.rng)
        return pick(self.leaf.words if dice < 0.48 else self.leaf.nouns, self.rng)

    def _say_facet(self) -> str:
        self.leaf_named = True
        trait = "style" if "style" not in self.needs and self.rng.random() < 0.8 else "extra"
        values: tuple[Notion, ...] = getattr(self.leaf, trait)
        known = np.array([_KNOWN_WEIGHT if value.slang else 1.0 for value in values])
        number = int(self.rng.choice(len(values), p=known / known.sum()))
        self.needs[trait] = (number,)
        return self._form(values[number])

    def _say_color(self) -> str:
        number = int(self.rng.integers(len(self.lexicon.colors)))
        self.needs["color"] = (number,)
        return self._form(self.lexicon.colors[number])

    def _say_use(self) -> str:
        number = pick(self.leaf.uses, self.rng)
        self.needs["use"] = (number,)
        use = self.lexicon.uses[number]
        if self.rng.random() < _USE_SLANG_SHARE:
            self.slang = True
            return pick(use.slang, self.rng)
        return pick(use.said, self.rng)

    def _say_brand(self) -> str:
        self.needs["brand"] = (self.brand,)
        return self.lexicon.brands[self.brand].name

    def _say_series(self) -> str:
        number = int(self.rng.random() > _FAMOUS_SHARE)
        self.needs["brand"], self.needs["series"] = (self.brand,), (number,)
        series: Series = self.lexicon.brands[self.brand].series[number]
        if series.nickname and self.rng.random() < _SLANG_SHARE:
            self.slang = True
            return series.nickname
        return series.name

    def _say_model(self) -> str:
        number = int(self.rng.integers(1, MODELS + 1))
        self.needs["model"] = (number,)
        return str(number)

    def _say_price(self) -> str:
        self.price = self._price_at(pick(_PRICE_LEVELS, self.rng))
        return f"{self.price:.0f}"

    def _price_at(self, level: float) -> float:
        """A round price `level` standard deviations from the category's median."""
        price = self.leaf.price * np.exp(self.leaf.sigma * level)
        digit = 10 ** max(int(np.log10(price)) - 1, 0) * 5
        return float(max(round(price / digit), 1) * digit)

    def _say_who(self) -> str:
        person = pick(self.lexicon.people, self.rng)
        self.needs["use"] = person.uses
        self.categories = tuple(
            number
            for number, leaf in enumerate(self.lexicon.categories)
            if set(leaf.uses) & set(person.uses)
        )
        return pick(person.said, self.rng)

    def _say_pain(self) -> str:
        self.leaf_named = True
        cures = [
            (trait, number, value)
            for trait in ("style", "extra")
            for number, value in enumerate(getattr(self.leaf, trait))
            if value.pains
        ]
        trait, number, value = pick(cures, self.rng)
        self.needs[trait] = (number,)
        return pick(value.pains, self.rng)

    def _misspell(self, text: str) -> str:
        """Now and then a slip: a listed wrong form, or two letters swapped."""
        if self.rng.random() >= self.lexicon.typo_share:
            return text
        known = [word for word in self.lexicon.typo_forms if word in text]
        if known:
            word = pick(known, self.rng)
            return text.replace(word, pick(self.lexicon.typo_forms[word], self.rng), 1)
        if len(text) < 5 or not text.isascii():
            return text
        at = int(self.rng.integers(1, len(text) - 2))
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
