"""The products of a sample shop: traits as arrays of numbers, and texts that describe them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.simulation.draws import Bools, Floats, Ints, pick
from engine.simulation.word_lists import Category, ShopWords

TRAITS = ("color", "style", "extra")
MODELS = 5
"""Model numbers run from 1 to this."""
NO_USE = -1


@dataclass(frozen=True)
class SimulatedShop:
    """A row per product in every array; categories, brands and so on are positions in `words`.

    `series` is 0 or 1, a brand's line; `filled` says which traits are in the attribute columns;
    `quality` is standard normal; `popularity` sums to 1.
    """

    words: ShopWords
    category: Ints
    brand: Ints
    series: Ints
    model: Ints
    color: Ints
    style: Ints
    extra: Ints
    use: Ints
    price: Floats
    quality: Floats
    popularity: Floats
    titles: list[str]
    descriptions: list[str]
    filled: Bools
    by_category: list[Ints]

    def __len__(self) -> int:
        return len(self.titles)

    def product_id(self, number: int) -> str:
        """The id of product `number` in the files."""
        return f"P{number + 1:05d}"

    def price_level(self, numbers: Ints) -> Floats:
        """The log price of products in standard deviations from their category's median."""
        medians = np.array([c.price for c in self.words.categories])[self.category[numbers]]
        sigmas = np.array([c.sigma for c in self.words.categories])[self.category[numbers]]
        return np.asarray(np.log(self.price[numbers] / medians) / sigmas)

    def columns(self) -> list[str]:
        """The header of products.csv."""
        names = [self.words.columns[trait] for trait in TRAITS]
        return ["product_id", "title", "description", "category", "brand", "price", *names]

    def rows(self) -> Iterator[list[str]]:
        """The rows of products.csv; attributes that the shop did not fill in are empty."""
        words = self.words
        for number in range(len(self)):
            category = words.categories[self.category[number]]
            values = (
                words.colors[self.color[number]].value,
                category.style[self.style[number]].value,
                category.extra[self.extra[number]].value,
            )
            yield [
                self.product_id(number),
                self.titles[number],
                self.descriptions[number],
                category.path,
                words.brands[self.brand[number]].name,
                format_price(self.price[number]),
                *(
                    value if filled else ""
                    for value, filled in zip(values, self.filled[number], strict=True)
                ),
            ]


def format_price(price: float) -> str:
    """A price in the form of the files, without a currency sign."""
    return f"{price:.2f}"


def make_shop(words: ShopWords, products: int, rng: np.random.Generator) -> SimulatedShop:
    """Draw `products` products, with log-normal prices around their category's median."""
    weights = np.array([category.weight for category in words.categories])
    category = rng.choice(len(weights), size=products, p=weights / weights.sum())
    rivals = [
        [number for number, brand in enumerate(words.brands) if brand.top == leaf.top]
        for leaf in words.categories
    ]

    def draw(options: list[int]) -> Ints:
        return np.asarray((rng.random(products) * np.array(options)[category]).astype(int))

    brand_choice = draw([len(brands) for brands in rivals])
    brand = np.array([rivals[c][b] for c, b in zip(category, brand_choice, strict=True)], dtype=int)
    use_choice = draw([len(leaf.uses) for leaf in words.categories])
    use = np.array([words.categories[c].uses[u] for c, u in zip(category, use_choice, strict=True)])
    use[rng.random(products) < 0.12] = NO_USE
    series = rng.integers(0, 2, products)
    model = rng.integers(1, MODELS + 1, products)
    medians = np.array([leaf.price for leaf in words.categories])[category]
    sigmas = np.array([leaf.sigma for leaf in words.categories])[category]
    level = 0.25 * (model - 3) / 2 + rng.normal(0, 0.8, products)
    step = words.currency_step
    price = np.maximum(np.round(medians * np.exp(sigmas * level) / step), 3) * step - 0.01 * step
    popularity = rng.lognormal(0, 1.0, products)
    traits = {
        "color": rng.integers(0, len(words.colors), products),
        "style": draw([len(leaf.style) for leaf in words.categories]),
        "extra": draw([len(leaf.extra) for leaf in words.categories]),
    }
    filled = rng.random((products, len(TRAITS))) < (0.85, 0.7, 0.7)
    texts = [
        _write(
            words,
            words.categories[category[n]],
            (int(brand[n]), int(series[n]), int(model[n])),
            tuple(int(traits[trait][n]) for trait in TRAITS),
            int(use[n]),
            filled[n],
            rng,
        )
        for n in range(products)
    ]
    return SimulatedShop(
        words=words,
        category=category,
        brand=brand,
        series=series,
        model=model,
        use=use,
        price=price,
        quality=rng.normal(0, 1, products),
        popularity=popularity / popularity.sum(),
        titles=[title for title, _ in texts],
        descriptions=[description for _, description in texts],
        filled=filled,
        by_category=[np.flatnonzero(category == c) for c in range(len(words.categories))],
        **traits,
    )


def _write(
    words: ShopWords,
    leaf: Category,
    identity: tuple[int, int, int],
    traits: tuple[int, ...],
    use: int,
    filled: Bools,
    rng: np.random.Generator,
) -> tuple[str, str]:
    """A title and a description; traits that are in neither are in the attribute columns."""
    brand = words.brands[identity[0]]
    color, style, extra = words.colors[traits[0]], leaf.style[traits[1]], leaf.extra[traits[2]]
    values = {
        "brand": brand.name,
        "series": brand.series[identity[1]].name,
        "model": str(identity[2]),
        "noun": pick(leaf.nouns, rng),
        "a": style.value,
        "b": extra.value,
        "c": color.value,
    }
    template = pick(words.text["titles"], rng)
    openers = words.text["openers"]
    if "{series}" not in template:
        openers = [opener for opener in openers if "{series}" in opener]
    sentences = [pick(openers, rng).format(**values), pick(leaf.lines, rng)]
    if not filled[1] or rng.random() < 0.7:
        sentences.append(pick(style.text, rng))
    if not filled[2] or rng.random() < 0.5:
        sentences.append(pick(extra.text, rng))
    if use != NO_USE:
        sentences.append(pick(words.uses[use].text, rng))
    tail = sentences[1:]
    rng.shuffle(tail)
    closers = words.text["closers"]
    if not filled[0] and "{c}" not in template:
        closers = [closer for closer in closers if "{c}" in closer]
    sentences = [sentences[0], *tail, pick(closers, rng).format(**values)]
    joiner = "" if words.language == "zh" else " "
    return template.format(**values), joiner.join(filter(None, sentences))
