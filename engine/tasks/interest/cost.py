"""What a training of interest costs, measured with the net and the encoder that do the work."""

from functools import partial

import torch

from engine.models.encoder import load_encoder
from engine.models.probes import TEXTS, encode_seconds, mean_tokens
from engine.models.timing import fastest_seconds
from engine.models.work import Phase, Work
from engine.retrieval.dense import vectors_folder
from engine.tables.product_text import passages
from engine.tasks.base import Dataset
from engine.tasks.interest.calibrated_net import make_net
from engine.tasks.interest.config import InterestConfig
from engine.tasks.interest.examples import list_queries
from engine.tasks.interest.features import FEATURES
from engine.tasks.interest.net import Pairs, Vectors

RUNS = 5
# Reading tables, histories, baselines, measuring and writing: seconds that hardly grow.
FIXED_SECONDS = 24.0
NUMBER_BYTES = 4


def count_work(dataset: Dataset, config: InterestConfig) -> Work:
    """Products of pages are learned once an epoch; catalog and queries are encoded once."""
    tables = dataset.tables
    texts = passages(tables.products)
    queries = list_queries(dataset)
    sample = texts.sample(min(len(texts), TEXTS), random_state=0).tolist()
    encoder = load_encoder(config.model, config.max_tokens)
    tokens = mean_tokens(encoder, sample) * len(texts)
    tokens += mean_tokens(encoder, queries[:TEXTS]) * len(queries)
    folder = vectors_folder(tables, encoder)
    is_encoded = folder is not None and (folder / "texts.parquet").is_file()
    rows = int(dataset.train["grades"].map(len).sum())
    steps = -(-rows * config.epochs // config.batch_size)
    return Work(
        train_tokens=rows * config.epochs,
        encode_tokens=round(tokens),
        phases=[
            Phase(0 if is_encoded else tokens, partial(encode_seconds, encoder, sample)),
            Phase(steps, partial(step_seconds, encoder.dimension, config)),
        ],
        fixed_seconds=FIXED_SECONDS,
        memory_bytes=rows * NUMBER_BYTES * (2 * config.history + len(FEATURES)),
        device="cpu",
    )


def step_seconds(dimension: int, config: InterestConfig) -> float:
    """The seconds of one step of learning, on vectors of zeros."""
    net = make_net(dimension, config.size, config.dropout)
    batch = config.batch_size
    vectors = Vectors(torch.zeros(batch, dimension), torch.zeros(batch, dimension))
    rows = torch.arange(batch)
    pairs = Pairs(
        rows,
        rows,
        rows[:, None].expand(batch, config.history),
        torch.ones(batch, config.history),
        torch.zeros(batch, len(FEATURES)),
        rows * 0,
    )
    optimizer = torch.optim.AdamW(net.parameters())

    def step() -> None:
        optimizer.zero_grad()
        (net(pairs, vectors) + net.bias(pairs)).sum().backward()
        optimizer.step()

    return fastest_seconds(step, RUNS)
