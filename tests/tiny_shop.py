"""A shop small enough to train on in a second, with a tiny encoder that knows its words."""

import json
from pathlib import Path

import pandas as pd

from engine.errors import Cancelled
from engine.storage.workspace import Workspace
from engine.tables.schema import TABLES
from engine.tables.tables import Tables
from tests.tiny import tiny_encoder_folder

THINGS = {
    "mug": "Kitchen > Mugs", "pan": "Kitchen > Pans", "shoe": "Sport > Shoes",
    "lamp": "Home > Lamps",
}  # fmt: skip
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
# Settings with which a tiny encoder learns in a moment, for every task.
FAST = {"epochs": 8, "learning_rate": 2e-3, "batch_size": 16, "patience": 0}


# As above for a tiny generator, which has more to learn.
FAST_WRITER = FAST | {
    "adapter": "full", "epochs": 24, "learning_rate": 5e-3, "batch_size": 8, "warmup": 0,
    "max_examples": 100, "held_out": 12, "samples": 2, "new_tokens": 40,
}  # fmt: skip
WRITERS = ("describe",)
CATALOG = ("attributes", "describe")


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
            "session_id": f"s{place}", "query": query, "intent": intent,
        }  # fmt: skip
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
            "order_id": f"o{number}", "user_id": "u1",
            "time": pd.Timestamp("2025-03-01") + pd.Timedelta(hours=number),
        }  # fmt: skip
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
            "user_id": f"u{shopper}", "session_id": f"s{number}", "query": f"all {thing}s",
        }  # fmt: skip
        wanted = {list(THINGS).index(thing)} | ({shopper % 6} if number % 3 == 0 else set())
        for position in range(6):
            colour = (position + 7 * number // 3) % 6
            shown = seen | {"product_id": f"{thing}-{COLOURS[colour]}", "position": position + 1}
            rows.append(shown | {"event": "impression"})
            if colour in wanted:
                rows.append(shown | {"event": "click"})
    return _whole("searches", rows)


def tiny_tables(task: str = "intent") -> Tables:
    """The shop's tables in memory; with a catalog large enough where that is what is learned."""
    frames = tiny_frames() | ({"products": tiny_catalog()} if task in CATALOG else {})
    frames |= {"orders": tiny_orders()} if task == "cross_sell" else {}
    frames |= {"searches": tiny_pages()} if task == "interest" else {}
    return Tables(frames, "en")


def tiny_workspace(name: str = "tiny", task: str = "intent") -> Workspace:
    """The shop on disk, below the SHOPLAB_HOME of the test, with what `task` learns from."""
    workspace = Workspace.create(name, "en")
    workspace.replace_tables(dict(tiny_tables(task).frames), {})
    return workspace


def tiny_settings(task: str, encoder: str) -> dict[str, object]:
    """Settings with which `task` learns in a moment, from a tiny encoder or a generator beside it.

    The generator is made when it is first asked for.
    """
    if task == "interest":  # a page holds six examples
        return {"model": encoder, **FAST, "batch_size": 48}
    if task not in WRITERS:
        return {"model": encoder, **FAST}
    from tests.tiny_generator import tiny_generator_folder

    products = tiny_catalog()
    texts = [*products["title"], *products["description"], *products["category"]]
    texts += [*products["attributes"], "Facts: Product: Category: You find it under. The type:"]
    texts += ["Brand: Acme. It comes from Acme."]
    return {
        "model": str(tiny_generator_folder(Path(encoder).parent, texts, size=64)),
        **FAST_WRITER,
    }


def tiny_model(folder: Path) -> str:
    """The folder of a tiny encoder that knows the shop's words."""
    frames = tiny_frames()
    texts = [*frames["products"]["description"], *frames["searches"]["query"].unique()]
    texts += [*MATERIALS.values(), *NAMES, *frames["reviews"]["text"]]
    return str(tiny_encoder_folder(folder, texts))


def _whole(name: str, rows: list[dict[str, object]]) -> pd.DataFrame:
    return pd.DataFrame(rows).reindex(columns=TABLES[name].columns)


class Stopping:
    """Progress that keeps what it was told, and asks for a stop at one step of the training."""

    def __init__(self, at_step: int | None = None) -> None:
        self.at_step = at_step
        self.steps: list[int] = []
        self.stages: list[str] = []

    def stage(self, name: str, done: int = 0, total: int = 0) -> None:
        self.stages.append(name)
        if name == "train" and done:
            self.steps.append(done)

    def point(self, metric: str, value: float, step: int) -> None:
        pass

    def check(self) -> None:
        if self.at_step is not None and self.steps and self.steps[-1] >= self.at_step:
            raise Cancelled
