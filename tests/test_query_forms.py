"""Queries written for products that nobody clicked, by what the clicks on others say."""

import itertools
import json

import numpy as np
import pandas as pd

from bench.query_forms import QueryForms, product_values, write_pairs
from engine.ranking import Ranking

SLANG = {"Mugs": "slurpers", "Lamps": "glow stick", "Pans": "sizzler"}
COLOURS = ("red", "blue", "green", "white")


def catalog() -> pd.DataFrame:
    """A product of each kind and colour."""
    return pd.DataFrame(
        {
            "product_id": f"{kind}-{colour}",
            "title": f"{colour} thing 7",
            "category": f"Home > {kind}",
            "brand": "Acme",
            "attributes": json.dumps({"colour": colour, "note": "x" * 40}),
        }
        for kind, colour in itertools.product(SLANG, COLOURS)
    )


def pairs(*left_out: str) -> pd.DataFrame:
    """Two queries for each product but those left out."""
    return pd.DataFrame(
        {"query": query, "product_id": f"{kind}-{colour}"}
        for kind, colour in itertools.product(SLANG, COLOURS)
        for query in (f"cheap {colour} {SLANG[kind]}", f"{SLANG[kind]} for mum under 30")
        if f"{kind}-{colour}" not in left_out
    )


def test_a_product_says_what_its_columns_hold_but_no_notes() -> None:
    said = product_values(catalog())["Mugs-red"]
    assert said == [
        ("brand", "acme"),
        ("category", "mugs"),
        ("attribute colour", "red"),
        ("title", "red"),
        ("title", "thing"),
        ("number", "7"),
    ]


def test_slang_of_other_products_asks_for_one_that_nobody_clicked() -> None:
    values = product_values(catalog())
    forms = QueryForms.learn(pairs("Lamps-red"), values)
    assert list(forms.phrases["category", "lamps"]) == ["glow stick"]
    written = set(forms.write(values["Lamps-red"], np.random.default_rng(0)))
    assert "cheap red glow stick" in written
    assert all("glow stick" in query for query in written)
    # What a price or a number says is true of its own product alone.
    assert not any("30" in query for query in written)


def test_only_queries_that_find_their_product_are_kept_and_none_twice() -> None:
    values = product_values(catalog())
    forms = QueryForms.learn(pairs(), values)
    wanted = {name: values[name] for name in ("Mugs-blue", "Pans-red")}

    def search(query: str) -> Ranking:
        return Ranking(["Mugs-blue"] if "blue" in query else [], [1.0] if "blue" in query else [])

    kept = write_pairs(forms, wanted, search, each=2, seed=1)
    assert set(kept["product_id"]) == {"Mugs-blue"}
    assert kept["query"].str.contains("blue").all() and kept["query"].is_unique
    assert write_pairs(forms, wanted, search, each=2, seed=1).equals(kept)


def test_chinese_queries_are_cut_without_spaces() -> None:
    products = catalog().assign(
        category=[f"家居 > {name}" for name in ("水杯", "台灯", "平底锅") for _ in COLOURS]
    )
    clicked = pd.DataFrame(
        {"query": f"便宜的{name}", "product_id": f"{kind}-{colour}"}
        for kind, name in zip(SLANG, ("水杯", "台灯", "平底锅"), strict=True)
        for colour in COLOURS[:3]
    )
    values = product_values(products)
    forms = QueryForms.learn(clicked, values)
    assert "便宜的台灯" in set(forms.write(values["Lamps-white"], np.random.default_rng(0)))
