"""Learning all that a cross-sell bundle holds: the encoder of pairs, and the blend."""

from pathlib import Path

from engine.models.encoder import Encoder, load_encoder
from engine.progress import Progress
from engine.tables.categories import leaves
from engine.tables.product_text import titles_with_leaf
from engine.tables.tables import Tables
from engine.tasks.base import Dataset
from engine.tasks.cross_sell.bundle import CrossSellBundle
from engine.tasks.cross_sell.config import CrossSellConfig
from engine.tasks.cross_sell.pairs import (
    MARKS,
    POOL,
    WATCHED_BASKETS,
    bought_together,
    draw_rivals,
)
from engine.tasks.cross_sell.text_index import GoesWith

# The epochs are watched on some validation baskets; fewer than these would only add noise.
ENOUGH_TO_WATCH = 20


def untuned_bundle(
    tables: Tables, dataset: Dataset | None, config: CrossSellConfig, progress: Progress
) -> CrossSellBundle:
    """The pretrained encoder as it is, beside what is counted of the orders of `dataset`.

    Without a dataset there are too few orders to count.
    """
    progress.stage("load")
    encoder = load_encoder(config.model, config.max_tokens, progress=progress)
    folder = tables.folder / f"labels-{encoder.fingerprint}" if tables.folder else None
    texts = GoesWith.open(folder, encoder, tables.products, "", progress)
    if dataset is None:
        return CrossSellBundle(tables, [], texts, trained=False, ease_products=config.ease_products)
    return _choose(dataset, texts, config, progress, trained=False)


def learn_bundle(
    dataset: Dataset, config: CrossSellConfig, folder: Path, progress: Progress
) -> CrossSellBundle:
    """Tune the encoder on pairs bought together, then choose the blend on validation."""
    progress.stage("load")
    encoder = load_encoder(config.model, config.max_tokens, progress=progress)
    _tune(encoder, dataset, config, folder, progress)
    tables = dataset.tables
    texts = GoesWith.open(None, encoder, tables.products, MARKS[tables.language], progress)
    return _choose(dataset, texts, config, progress, trained=True)


def _tune(
    encoder: Encoder, dataset: Dataset, config: CrossSellConfig, folder: Path, progress: Progress
) -> None:
    # The libraries of trainings take seconds to import, and whoever only answers needs none.
    from engine.models.bi_encoder import Check, Pairs
    from engine.models.spreading import tune
    from engine.models.tunings import BiEncoderTuning

    tables, mark = dataset.tables, MARKS[dataset.tables.language]
    ids = tables.products["product_id"].tolist()
    texts = dict(zip(ids, titles_with_leaf(tables.products), strict=True))
    rows = bought_together(dataset.train["basket"].tolist(), config.max_examples, config.seed)
    leaf = dict(zip(ids, leaves(tables.products["category"]), strict=True))
    rivals = draw_rivals(rows, leaf, config.seed) if config.negatives else None
    pairs = Pairs(
        [mark + texts[name] for name in rows["anchor"]],
        [texts[name] for name in rows["product_id"]],
        [texts[name] for name in rivals] if rivals else None,
    )
    watched = dataset.validation.head(WATCHED_BASKETS)
    check = None
    if len(watched) >= ENOUGH_TO_WATCH:
        hidden = watched["hidden"].tolist()
        anchors = [mark + texts[basket[0]] for basket in watched["basket"]]
        check = Check(
            dict(zip(watched["order_id"], anchors, strict=True)),
            {name: texts[name] for name in sorted({*ids[:POOL], *hidden})},
            {order: {name} for order, name in zip(watched["order_id"], hidden, strict=True)},
        )
    tune(BiEncoderTuning(pairs, check, config), encoder, folder, progress)


def _choose(
    dataset: Dataset,
    texts: GoesWith,
    config: CrossSellConfig,
    progress: Progress,
    *,
    trained: bool,
) -> CrossSellBundle:
    progress.stage("choose")
    bundle = CrossSellBundle(
        dataset.tables,
        dataset.train["basket"].tolist(),
        texts,
        trained=trained,
        ease_products=config.ease_products,
    )
    held = dataset.validation
    bundle.choose(held["basket"].tolist(), held["hidden"].tolist())
    return bundle
