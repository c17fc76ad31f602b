"""Opening what a search bundle holds: the encoders with their vectors, and what a run saved."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd

from engine.labelling.clicks import most_clicked
from engine.models.cross_encoder import Reranker
from engine.models.encoder import Encoder, load_encoder
from engine.progress import Progress
from engine.retrieval.catalog_size import LARGE
from engine.retrieval.dense import hash_text, open_index, read_hashes, vectors_folder
from engine.retrieval.two_stage import ProductIndex, open_two_stage
from engine.tables.product_text import passages, passages_in
from engine.tables.tables import Tables
from engine.tasks.search.bundle import SearchBundle
from engine.tasks.search.config import SearchConfig
from engine.tasks.search.ranker.ranker import Ranker
from engine.tasks.search.ranker.weighing import FieldTrial
from engine.tasks.search.side import Side, SideName
from engine.tasks.search.word_systems import WordSystems


def load_search_bundle(
    folder: Path, tables: Tables, usual: SearchConfig, progress: Progress
) -> SearchBundle:
    """The bundle saved in `folder`; `usual` has the model of runs that did not name theirs."""
    about = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
    model = str(about.get("model", usual.model))
    config = usual.model_copy(
        update={"model": model, "max_tokens": about["max_tokens"], "reranker": about["reranker"]}
    )
    side = open_tuned_side(folder, tables, config.max_tokens, progress, about["bm25_weight"])

    def open_other() -> Side:
        weight = about.get("untuned_bm25_weight", config.bm25_weight)
        other = open_untuned_side(tables, config, progress, weight)
        return replace(other, ranker=Ranker.load(folder / other.ranked))

    return SearchBundle(
        tables,
        WordSystems.load(folder, tables, about),
        replace(side, ranker=Ranker.load(folder / side.ranked)),
        recommended=about["recommended"],
        open_other=open_other,
        other_systems=about.get("other_systems", ()),
        reranker=open_reranker(config),
        trial=FieldTrial.load(folder),
        model=model,
    )


def open_untuned_side(
    tables: Tables, config: SearchConfig, progress: Progress, bm25_weight: float
) -> Side:
    """The pretrained encoder with its vectors, kept beside the tables."""
    progress.stage("load")
    encoder = load_encoder(config.model, config.max_tokens, progress=progress)
    progress.stage("index")
    folder = vectors_folder(tables, encoder)
    return index_side("untuned", encoder, tables, folder, progress, bm25_weight)


def open_tuned_side(
    folder: Path, tables: Tables, max_tokens: int, progress: Progress, bm25_weight: float
) -> Side:
    """The tuned encoder of the bundle in `folder`, its vectors brought up to date."""
    encoder = load_encoder(folder / "encoder", max_tokens)
    progress.stage("index")
    return index_side("tuned", encoder, tables, folder / "index", progress, bm25_weight)


def index_side(
    name: SideName,
    encoder: Encoder,
    tables: Tables,
    folder: Path | None,
    progress: Progress,
    bm25_weight: float,
) -> Side:
    """An encoder with the vectors of the catalog, kept in `folder` where there is one.

    Of `LARGE` products or more that are not read yet, most vectors are a static encoder's
    (`engine.retrieval.two_stage`); what the encoder reads are above all products that were clicked.
    """
    dense: ProductIndex
    products = tables.products
    if len(products) >= LARGE and not _is_read(products, folder):
        texts_of = partial(passages_in, products)
        sought = partial(most_clicked, tables)
        dense = open_two_stage(
            folder, encoder, tables.product_ids, texts_of, progress, sought=sought
        )
    else:
        texts = passages(products).tolist()
        dense = open_index(folder, encoder, tables.product_ids, texts, progress)
    return Side(name, encoder, dense, bm25_weight)


def _is_read(products: pd.DataFrame, folder: Path | None) -> bool:
    """Whether `folder` has vectors of a large catalog, and lacks those of fewer than `LARGE`."""
    read = set(read_hashes(folder)) if folder else set()
    # To hash a million texts takes seconds: nothing to look for where nothing was read.
    return bool(read) and len({hash_text(text) for text in passages(products)} - read) < LARGE


def open_reranker(config: SearchConfig) -> Reranker | None:
    """The model that puts the best products of a query in order; None where none is wanted."""
    return Reranker(config.reranker) if config.reranker else None
