"""Where a product's picture and its text seem to say different things, and how sure that is.

Two checks, judged against the shop's own data: the colour that the text states against the
colours of the product in the picture, and the category in the catalog against the categories of the
pictures that look most alike. An encoder that reads texts allows a third: the title against the
picture itself. None is a proof: each finding says what it rests on.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.images.answers import Doubt
from engine.images.colours import Palette, distance, is_fuzzy, said_colours
from engine.ranking import best
from engine.reading.nested import parse
from engine.tables.categories import top_level

COLOUR_COLUMNS = ("color", "colour", "颜色", "色")
NEIGHBOURS = 12
FEWEST_NEIGHBOURS = 5
FEWEST_OF_CATEGORY = 8
MOST_VOTERS = 5_000
FEWEST_FOR_SPREAD = 20
# Two shades this far apart are told apart at a glance; light and cameras stay below it.
CLEARLY_APART = 30.0
CHANCE = 0.5
CLEARLY_WORSE = 0.8
_SHARPNESS = 10.0  # weight of a neighbour: exp(sharpness × cosine)
_SAME = 0.9999
_SEED = 13
_BLOCK = 256


def colour_doubts(
    products: pd.DataFrame, table: pd.DataFrame, palettes: Mapping[str, Palette]
) -> list[Doubt]:
    """Products that state a colour which none of their pictures shows, the clearest first.

    A product counts with the distance from a stated colour to the nearest colour in any of its
    pictures. It is doubted where that is clearly visible and an outlier among the shop's products
    (above the median by three scaled median absolute deviations).
    """
    stated = {
        product_id: names
        for product_id, names in stated_colours(products).items()
        if names and not any(map(is_fuzzy, names))
    }
    shown = table[table["product_id"].isin(stated)]
    nearest: dict[str, tuple[float, str]] = {}
    for product_id, picture in zip(shown["product_id"], shown["picture"], strict=True):
        far = min(
            distance(name, colour.example)
            for name in stated[product_id]
            for colour in palettes[picture].colours
        )
        nearest[product_id] = min(nearest.get(product_id, (np.inf, "")), (far, picture))
    far_away = np.array([far for far, _ in nearest.values()])
    enough = len(far_away) >= FEWEST_FOR_SPREAD
    bound = max(CLEARLY_APART, _outlier_bound(far_away) if enough else 0.0)
    doubts = []
    for product_id, (far, picture) in nearest.items():
        if far > bound:
            seen = palettes[picture]
            names = tuple(colour.name for colour in seen.colours)
            nearer = float((far_away < far).mean())
            sure = enough and seen.ground != "middle"
            said = tuple(stated[product_id])
            doubts.append(Doubt("colour", product_id, picture, said, names, nearer, sure))
    return sorted(doubts, key=lambda doubt: -nearest[doubt.product_id][0])


def stated_colours(products: pd.DataFrame) -> dict[str, list[str]]:
    """The colours each product states: in its column of colours, else in its title.

    Descriptions are left out: they speak of other variants and of what goes well with it.
    """
    columns = zip(products["product_id"], products["title"], products["attributes"], strict=True)
    return {
        product_id: said_colours(_colour_column(attributes) or str(title))
        for product_id, title, attributes in columns
    }


def category_doubts(
    products: pd.DataFrame, table: pd.DataFrame, vectors: Mapping[str, NDArray[np.float32]]
) -> list[Doubt]:
    """Products whose picture looks like those of another category, the clearest first.

    The most similar pictures of other products vote with their similarity. By confident learning
    (Northcutt, Jiang and Chuang 2021) a picture is doubted where another category gets at least as
    much of the vote as that category's own pictures usually give it. Categories with few pictures
    are left out: their pictures would all be doubted.
    """
    top = products.set_index("product_id")["category"].dropna().map(top_level)
    rows = table[table["picture"].isin(list(vectors)) & table["product_id"].isin(top.index)]
    rows = rows.assign(category=rows["product_id"].map(top))
    counts = rows.groupby("category")["product_id"].nunique()
    rows = rows[rows["category"].isin(counts.index[counts >= FEWEST_OF_CATEGORY])]
    names = sorted(rows["category"].unique())
    if len(names) < 2:
        return []
    own = rows["category"].map({name: place for place, name in enumerate(names)}).to_numpy()
    matrix = np.stack([vectors[picture] for picture in rows["picture"]])
    votes = _votes(matrix, own, rows["product_id"].to_numpy(), len(names))
    usual = np.array([votes[own == place, place].mean() for place in range(len(names))])
    seen = votes.argmax(axis=1)
    doubted = (seen != own) & (votes[np.arange(len(own)), seen] >= usual[seen])
    doubts = [
        Doubt(
            "category",
            rows["product_id"].iloc[row],
            rows["picture"].iloc[row],
            (names[own[row]],),
            (names[seen[row]],),
            float(votes[row, seen[row]]),
            bool(votes[row, own[row]] == 0),
        )
        for row in np.flatnonzero(doubted)
    ]
    return sorted(doubts, key=lambda doubt: (-doubt.share, doubt.product_id))


def title_doubts(
    products: pd.DataFrame,
    table: pd.DataFrame,
    vectors: Mapping[str, NDArray[np.float32]],
    titles: Mapping[str, NDArray[np.float32]],
) -> list[Doubt]:
    """Products whose title fits the pictures of others better than its own, the clearest first.

    `titles` are vectors of titles by product, in the space of the pictures. A product is doubted
    where its best picture fits no better than chance: half of all other pictures fit better.
    """
    rows = table[table["picture"].isin(list(vectors)) & table["product_id"].isin(list(titles))]
    if rows["product_id"].nunique() < FEWEST_FOR_SPREAD:
        return []
    owners = rows["product_id"].to_numpy()
    pictures = rows["picture"].to_numpy()
    matrix = np.stack([vectors[picture] for picture in pictures])
    titles_of = products.set_index("product_id")["title"]
    doubts = []
    for product_id in dict.fromkeys(owners):
        fits = matrix @ titles[product_id]
        own = owners == product_id
        closest = np.flatnonzero(own)[fits[own].argmax()]
        share = float((fits[~own] > fits[closest]).mean())
        if share >= CHANCE:
            sure = share >= CLEARLY_WORSE
            text = (str(titles_of[product_id]),)
            doubts.append(Doubt("title", product_id, pictures[closest], text, (), share, sure))
    return sorted(doubts, key=lambda doubt: (-doubt.share, doubt.product_id))


def _votes(
    matrix: NDArray[np.float32], own: NDArray[np.intp], products: NDArray[np.object_], kinds: int
) -> NDArray[np.float64]:
    """Each picture's vote by category, from the products most similar to it; rows sum to 1.

    A product votes once, with its most similar picture, however many it has.
    """
    places, names = pd.factorize(products)
    kind_of = np.empty(len(names), dtype=np.intp)
    kind_of[places] = own
    voters = np.arange(len(matrix))
    if len(voters) > MOST_VOTERS:
        voters = np.random.default_rng(_SEED).choice(voters, MOST_VOTERS, replace=False)
    voting = matrix[voters]
    votes = np.zeros((len(matrix), kinds))
    for row, similar in enumerate(_similarities(matrix, voting)):
        # The same picture used for two products proves nothing.
        similar[similar > _SAME] = -np.inf
        nearest_of = np.full(len(names), -np.inf, dtype=np.float32)
        np.maximum.at(nearest_of, places[voters], similar)
        nearest_of[places[row]] = -np.inf
        nearest = best(nearest_of, NEIGHBOURS)
        nearest = nearest[np.isfinite(nearest_of[nearest])]
        if len(nearest) < FEWEST_NEIGHBOURS:
            votes[row, own[row]] = 1.0
            continue
        weights = np.exp(_SHARPNESS * nearest_of[nearest].astype(float))
        votes[row] = np.bincount(kind_of[nearest], weights, minlength=kinds) / weights.sum()
    return votes


def _similarities(
    matrix: NDArray[np.float32], voting: NDArray[np.float32]
) -> Iterator[NDArray[np.float32]]:
    """Each row of `matrix` against all of `voting`; in blocks, to read `voting` less often."""
    for start in range(0, len(matrix), _BLOCK):
        yield from matrix[start : start + _BLOCK] @ voting.T


def _outlier_bound(values: Sequence[float] | NDArray[np.float64]) -> float:
    median = float(np.median(values))
    # 1.4826 makes the median absolute deviation a standard deviation where values are normal.
    return median + 3 * 1.4826 * float(np.median(np.abs(np.asarray(values) - median)))


def _colour_column(attributes: object) -> str:
    """What a product's column of colours says, if the catalog has one."""
    facts = parse(attributes) if isinstance(attributes, str) else None
    for name, value in facts.items() if isinstance(facts, dict) else ():
        plain = str(name).strip().casefold()
        if plain in COLOUR_COLUMNS or plain.endswith(("颜色", " color", " colour", "_color")):
            return str(value)
    return ""
