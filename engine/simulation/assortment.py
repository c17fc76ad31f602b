"""The products of a sample shop: hidden traits as number arrays, and the texts that show them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.simulation.draws import pick
from engine.simulation.word_lists import Category, Lexicon

TRAITS = ("color", "style", "extra")
MODELS = 5
"""Model numbers run from 1 to this."""
NO_USE = -1


@dataclass(frozen=True)
class Shop:
    """One row per product in every array; categories, brands … are numbers into the lexicon.

    `series` is 0 or 1, a brand's line; `quality` is standard normal; `popularity` sums to 1.
    """

    lexicon: Lexicon
    category: np.ndarray
    brand: np.ndarray
    series: np.ndarray
    model: np.ndarray
    color: np.ndarray
    style: np.ndarray
    extra: np.ndarray
    use: np.ndarray
    price: np.ndarray
    quality: np.ndarray
    popularity: np.ndarray
    titles: list[str]
    descriptions: list[str]
    shown: np.ndarray
    by_category: list[np.ndarray]

    def __len__(self) -> int:
        return len(self.titles)

    def product_id(self, number: int) -> str:
        """The id that the files use for product `number`."""
        return f"P{number + 1:05d}"

    def price_level(self, numbers: np.ndarray) -> np.ndarray:
        """How dear products are within their category: log price in standard deviations."""
        medians = np.array([c.price for c in self.lexicon.categories])[self.category[numbers]]
        sigmas = np.array([c.sigma for c in self.lexicon.categories])[self.category[numbers]]
        return np.log(self.price[numbers] / medians) / sigmas

    def columns(self) -> list[str]:
        """The header of products.csv."""
        names = [self.lexicon.columns[trait] for trait in TRAITS]
        return ["product_id", "title", "description", "category", "brand", "price", *names]

    def rows(self) -> Iterator[list[str]]:
        """The lines of products.csv; an attribute that the shop did not fill in is empty."""
        lexicon = self.lexicon
        for number in range(len(self)):
            category = lexicon.categories[self.category[number]]
            values = (
                lexicon.colors[self.color[number]].value,
                category.style[self.style[number]].value,
                category.extra[self.extra[number]].value,
            )
            yield [
                self.product_id(number),
                self.titles[number],
                self.descriptions[number],
                category.path,
                lexicon.brands[self.brand[number]].name,
                format_price(self.price[number]),
                *(
                    value if shown else ""
                    for value, shown in zip(values, self.shown[number], strict=True)
                ),
            ]


def format_price(price: float) -> str:
    """A price as the files write it, without a currency sign."""
    return f"{price:.2f}"


def make_shop(lexicon: Lexicon, products: int, rng: np.random.Generator) -> Shop:
    """Draw `products` products. Prices are log-normal around their category's median."""
    weights = np.array([category.weight for category in lexicon.categories])
    category = rng.choice(len(weights), size=products, p=weights / weights.sum())
    rivals = [
        [number for number, brand in enumerate(lexicon.brands) if brand.top == leaf.top]
        for leaf in lexicon.categories
    ]

    def draw(options: list[int]) -> np.ndarray:
        return (rng.random(products) * np.array(options)[category]).astype(int)

    brand_choice = draw([len(brands) for brands in rivals])
    brand = np.array([rivals[c][b] for c, b in zip(category, brand_choice, strict=True)], dtype=int)
    use_choice = draw([len(leaf.uses) for leaf in lexicon.categories])
    use = np.array(
        [lexicon.categories[c].uses[u] for c, u in zip(category, use_choice, strict=True)]
    )
    use[rng.random(products) < 0.12] = NO_USE
    series = rng.integers(0, 2, products)
    model = rng.integers(1, MODELS + 1, products)
    medians = np.array([leaf.price for leaf in lexicon.categories])[category]
    sigmas = np.array([leaf.sigma for leaf in lexicon.categories])[category]
    level = 0.25 * (model - 3) / 2 + rng.normal(0, 0.8, products)
    step = lexicon.currency_step
    price = np.maximum(np.round(medians * np.exp(sigmas * level) / step), 3) * step - 0.01 * step
    popularity = rng.lognormal(0, 1.0, products)
    traits = {
        "color": rng.integers(0, len(lexicon.colors), products),
        "style": draw([len(leaf.style) for leaf in lexicon.categories]),
        "extra": draw([len(leaf.extra) for leaf in lexicon.categories]),
    }
    shown = rng.random((products, len(TRAITS))) < (0.85, 0.7, 0.7)
    texts = [
        _write(
            lexicon,
            lexicon.categories[category[n]],
            (int(brand[n]), int(series[n]), int(model[n])),
            tuple(int(traits[trait][n]) for trait in TRAITS),
            int(use[n]),
            shown[n],
            rng,
        )
        for n in range(products)
    ]
    return Shop(
        lexicon=lexicon,
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
        shown=shown,
        by_category=[np.flatnonzero(category == c) for c in range(len(lexicon.categories))],
        **traits,
    )


def _write(
    lexicon: Lexicon,
    leaf: Category,
    identity: tuple[int, int, int],
    traits: tuple[int, ...],
    use: int,
    shown: np.ndarray,
    rng: np.random.Generator,
) -> tuple[str, str]:
    """A title and a description; what neither says, the attribute columns do."""
    brand = lexicon.brands[identity[0]]
    color, style, extra = lexicon.colors[traits[0]], leaf.style[traits[1]], leaf.extra[traits[2]]
    words = {
        "brand": brand.name,
        "series": brand.series[identity[1]].name,
        "model": str(identity[2]),
        "noun": pick(leaf.nouns, rng),
        "a": style.value,
        "b": extra.value,
        "c": color.value,
    }
    template = pick(lexicon.text["titles"], rng)
    openers = lexicon.text["openers"]
    if "{series}" not in template:
        openers = [opener for opener in openers if "{series}" in opener]
    sentences = [pick(openers, rng).format(**words), pick(leaf.lines, rng)]
    if not shown[1] or rng.random() < 0.7:
        sentences.append(pick(style.text, rng))
    if not shown[2] or rng.random() < 0.5:
        sentences.append(pick(extra.text, rng))
    if use != NO_USE:
        sentences.append(pick(lexicon.uses[use].text, rng))
    tail = sentences[1:]
    rng.shuffle(tail)
    closers = lexicon.text["closers"]
    if not shown[0] and "{c}" not in template:
        closers = [closer for closer in closers if "{c}" in closer]
    sentences = [sentences[0], *tail, pick(closers, rng).format(**words)]
    joiner = "" if lexicon.language == "zh" else " "
    return template.format(**words), joiner.join(filter(None, sentences))
