"""The task's examples: texts to learn from, and products to write about and measure on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from engine.claims import ClaimChecker
from engine.claims.vocabulary import readable
from engine.errors import InputError
from engine.labelling.split import take_share
from engine.reading.load import clean_file
from engine.tables.tables import Tables
from engine.tasks.base import Dataset
from engine.tasks.describe.brief import Brief, copy_language
from engine.tasks.describe.claim_context import describable, open_claim_context
from engine.tasks.describe.config import DescribeConfig
from engine.tasks.describe.evidence import Evidence, collect_evidence, split_facts
from engine.tasks.describe.examples import Example, make_examples
from engine.tasks.describe.prompts import write_prompt
from engine.tasks.describe.selection import FEWEST_FACTS

if TYPE_CHECKING:
    from engine.models.generator_tuning import Pair

# With fewer products that can be learned from there is nothing to tune.
FEWEST_PRODUCTS = 40


def make_dataset(tables: Tables, config: DescribeConfig, notes: Sequence[str]) -> Dataset:
    """Products by family: texts to learn from, texts to validate on, and products to describe.

    Raises InputError with fewer than `FEWEST_PRODUCTS` products that can be learned from, or when
    no description holds a sentence that the facts support.
    """
    count = len(describable(tables.products))
    if count < FEWEST_PRODUCTS:
        raise InputError("describe.not_ready", n=count, want=FEWEST_PRODUCTS)
    context = open_claim_context(tables, config.seed)
    checker, frequencies, shown = context.checker, context.fact_frequencies, config.shown_facts
    most = {"train": config.max_examples, "validation": max(config.held_out // 3, 1)}
    examples = {
        part: list(
            islice(
                make_examples(checker, frequencies, context.parts[part], tables.language, shown), n
            )
        )
        for part, n in most.items()
    }
    if not examples["train"]:
        raise InputError("describe.nothing_supported", n=len(context.parts["train"]))
    evidence = (
        collect_evidence(checker, frequencies, name, shown) for name in context.parts["test"]
    )
    return Dataset(
        "describe",
        take_share(_training_part(examples["train"]), config.train_share, config.seed).reset_index(
            drop=True
        ),
        _training_part(examples["validation"]),
        _measured_part(evidence, config.held_out),
        tables,
        notes=notes,
    )


def dataset_of_file(dataset: Dataset, file: Path, config: DescribeConfig) -> Dataset:
    """`dataset` with the products of a file, which bring their own facts, to be measured on."""
    tables = dataset.tables
    mapping = tables.mappings.get("products", {})
    products = clean_file("products", file, mapping, skip_bad_rows=True)
    checker = ClaimChecker.from_tables(replace(tables, frames={"products": products}))
    frequencies = open_claim_context(tables, config.seed).fact_frequencies
    evidence = (
        collect_evidence(checker, frequencies, name, config.shown_facts)
        for name in products["product_id"]
    )
    return replace(dataset, test=_measured_part(evidence, config.held_out))


def training_pairs(part: pd.DataFrame, language: str) -> list[Pair]:
    """What the generator is told and what it is to write, for every row of a part."""
    from engine.models.generator_tuning import Pair

    return [
        Pair(
            write_prompt(evidence.shown, Brief(channel, language=copy_language(language))),
            text,
        )
        for evidence, channel, text in zip(
            part["evidence"], part["channel"], part["text"], strict=True
        )
    ]


def _measured_part(evidence: Iterable[Evidence], most: int) -> pd.DataFrame:
    """The first `most` products with enough facts; InputError where there are none."""
    measured = list(islice(_with_enough_facts(evidence), most))
    if not measured:
        raise InputError("describe.nothing_to_measure", want=FEWEST_FACTS)
    return _as_frame(measured)


def _with_enough_facts(evidence: Iterable[Evidence]) -> Iterator[Evidence]:
    """Those of whom something can be told beyond the title, as far as the check can see."""
    for one in evidence:
        stated = ". ".join(f"{readable(fact.name)}: {fact.value}" for fact in one.shown[1:])
        if one.used(stated) >= FEWEST_FACTS:
            yield one


def _training_part(examples: Sequence[Example]) -> pd.DataFrame:
    return _as_frame([example.evidence for example in examples]).assign(
        channel=[example.channel for example in examples],
        text=[example.text for example in examples],
    )


def _as_frame(evidence: Sequence[Evidence]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "example_id": [one.product_id for one in evidence],
            "input": [one.title for one in evidence],
            "reference": [split_facts(one.checker.facts(one.product_id))[1] for one in evidence],
            "evidence": evidence,
        }
    )
