"""A shop small enough to learn from in a second: what every task is tried out on."""

import json
from collections.abc import Mapping, Sequence

import pandas as pd

from engine.tables.schema import TABLES

THINGS = {
    "mug": "Kitchen > Mugs",
    "pan": "Kitchen > Pans",
    "shoe": "Sport > Shoes",
    "lamp": "Home > Lamps",
}
MATERIALS = {"mug": "clay", "pan": "steel", "shoe": "leather", "lamp": "brass"}
NAMES = [
    first + last
    for first in ("al", "bo", "ce", "du")
    for last in ("va", "ra", "ni", "to", "lu", "me")
]
# What is bought together, of one colour each; nobody ever bought anything grey.
PARTNERS = {"mug": "pan", "shoe": "lamp"}
NEVER = "grey"
COLOURS = ("red", "blue", "green", "black", "white", "grey")
FRAMES = {"deal": "cheap {} {}", "gift": "{} {} as a gift", "browse_category": "all {} {}s"}


def tiny_frames() -> dict[str, pd.DataFrame]:
    """24 products, 144 queries over six days, each with an intent and two clicks, and reviews."""
    products = [
        {
            "product_id": f"{thing}-{colour}",
            "title": f"{colour} {thing}",
            "description": f"A {thing} in {colour}, number {number}, made for every day.",
            "category": path,
            "brand": "Acme",
            "price": 9.5,
        }
        for thing, path in THINGS.items()
        for number, colour in enumerate(COLOURS)
    ]
    log = []
    wishes = [
        (intent, frame.format(colour, thing) + f" {number}", thing, colour)
        for number in range(2)
        for intent, frame in FRAMES.items()
        for colour in COLOURS
        for thing in THINGS
    ]
    for place, (intent, query, thing, colour) in enumerate(wishes):
        other = COLOURS[(COLOURS.index(colour) + 1) % len(COLOURS)]
        seen = {
            "time": pd.Timestamp("2025-03-01") + pd.Timedelta(hours=place),
            "session_id": f"s{place}",
            "query": query,
            "intent": intent,
        }
        for position, name in enumerate((f"{thing}-{colour}", f"{thing}-{other}"), start=1):
            for event in ("impression", "click"):
                log.append(seen | {"product_id": name, "event": event, "position": position})
    return {
        "products": _whole("products", products),
        "searches": _whole("searches", log),
        "reviews": tiny_reviews(),
    }


def tiny_catalog(products: int = 192) -> pd.DataFrame:
    """Products in families of two colours, with a colour and a material in three rows of four."""
    rows = []
    for number in range(products):
        thing = list(THINGS)[number // 2 % len(THINGS)]
        colour = COLOURS[(number // 8 + number % 2) % len(COLOURS)]
        facts = {"colour": colour, "type": MATERIALS[thing]}
        if number % 4 == 3:
            del facts["colour"]
        rows.append(
            {
                "product_id": f"{thing}-{number}",
                "title": f"{NAMES[number // 8 % len(NAMES)]} {colour} {thing}",
                "description": f"A {thing} of {MATERIALS[thing]}, made for every day.",
                "category": THINGS[thing],
                "brand": "Acme",
                "attributes": json.dumps(facts),
            }
        )
    return _whole("products", rows)


def tiny_reviews() -> pd.DataFrame:
    """192 reviews of the shop's 24 products, half of them glad; three in four are labelled."""
    says = {"positive": "I love this {} {}, {}", "negative": "I hate this {} {}, {}"}
    rows = [
        {
            "review_id": f"r{number}-{thing}-{colour}-{sentiment}",
            "product_id": f"{thing}-{colour}",
            "text": frame.format(colour, thing, NAMES[number]),
            "rating": {"positive": 5.0, "negative": 1.0}[sentiment],
            "sentiment": sentiment if number else None,
            "time": pd.Timestamp("2025-03-01") + pd.Timedelta(days=number),
        }
        for number in range(4)
        for thing in THINGS
        for colour in COLOURS
        for sentiment, frame in says.items()
    ]
    return _whole("reviews", rows)


def tiny_orders(baskets: int = 100) -> pd.DataFrame:
    """So many orders of two products over some days, every fifth with a third one of any kind."""
    pairs = [
        (f"{first}-{colour}", f"{second}-{colour}")
        for first, second in PARTNERS.items()
        for colour in COLOURS
        if colour != NEVER
    ]
    lines = []
    for number in range(baskets):
        basket = list(pairs[7 * number % len(pairs)])
        if number % 5 == 0:
            basket.append(pairs[(3 * number + 1) % len(pairs)][number % 2])
        order = {
            "order_id": f"o{number}",
            "user_id": "u1",
            "time": pd.Timestamp("2025-03-01") + pd.Timedelta(hours=number),
        }
        lines += [order | {"product_id": name} for name in dict.fromkeys(basket)]
    return _whole("orders", lines)


def tiny_pages(pages: int = 160) -> pd.DataFrame:
    """A log of so many pages of six products to twelve shoppers.

    Of each kind of thing all click the same colour, whatever the page's order; one time in three
    they also click the colour that they like themselves.
    """
    rows = []
    for number in range(pages):
        thing = list(THINGS)[number % len(THINGS)]
        shopper = 5 * number // len(THINGS) % 12
        seen = {
            "time": pd.Timestamp("2025-03-01") + pd.Timedelta(hours=number),
            "user_id": f"u{shopper}",
            "session_id": f"s{number}",
            "query": f"all {thing}s",
        }
        wanted = {list(THINGS).index(thing)} | ({shopper % 6} if number % 3 == 0 else set())
        for position in range(6):
            colour = (position + 7 * number // 3) % 6
            shown = seen | {"product_id": f"{thing}-{COLOURS[colour]}", "position": position + 1}
            rows.append(shown | {"event": "impression"})
            if colour in wanted:
                rows.append(shown | {"event": "click"})
    return _whole("searches", rows)


def _whole(name: str, rows: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    return pd.DataFrame(rows).reindex(columns=TABLES[name].columns)
