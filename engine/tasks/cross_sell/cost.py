"""How much a cross-sell training has to compute."""

from engine.models.encoder import load_encoder
from engine.models.probes import encoder_work, mean_tokens
from engine.models.work import Work
from engine.tables.product_text import titles_with_leaf
from engine.tasks.base import Dataset
from engine.tasks.cross_sell.config import CrossSellConfig
from engine.tasks.cross_sell.pairs import MARKS, POOL, WATCHED_BASKETS, bought_together

# Products whose length stands for that of all when the work is counted.
SAMPLE = 500


def count_work(dataset: Dataset, config: CrossSellConfig) -> Work:
    """Pairs are read twice or thrice an epoch, the catalog once untuned and twice tuned."""
    products = dataset.tables.products
    sample = titles_with_leaf(products.sample(min(len(products), SAMPLE), random_state=0))
    encoder = load_encoder(config.model, config.max_tokens)
    anchors = [MARKS[dataset.tables.language] + text for text in sample]
    pair = mean_tokens(encoder, anchors, config.train_tokens)
    pair += mean_tokens(encoder, sample, config.train_tokens) * (2 if config.negatives else 1)
    baskets = dataset.train["basket"].tolist()
    pairs = len(bought_together(baskets, config.max_examples, config.seed)) * config.epochs
    checked = min(len(products), POOL) + WATCHED_BASKETS
    texts = 3 * len(products) + checked * config.epochs
    return encoder_work(
        encoder,
        config,
        sample,
        train_tokens=round(pair * pairs),
        encode_tokens=round(mean_tokens(encoder, sample) * texts),
    )
