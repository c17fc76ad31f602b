"""What a training of interest costs, measured with the net and the encoder that do the work."""

import time
from dataclasses import replace
from functools import partial

import psutil
import torch

from engine.config import InterestConfig
from engine.models.encoder import Encoder, load_encoder
from engine.models.timing import fastest_seconds
from engine.progress import Progress
from engine.tables.product_text import passages
from engine.tasks.base import Cost, Dataset, Work
from engine.tasks.interest.bundle import make_net
from engine.tasks.interest.features import FACTS
from engine.tasks.interest.net import Pairs, Vectors

SHOWN = 64
PROBED_STEPS = 5
MEGABYTE = 2**20
# Reading tables, histories, baselines, measuring and writing: seconds that hardly grow.
FIXED_SECONDS = 18.0


def count_work(dataset: Dataset, config: InterestConfig) -> Work:
    """Products of pages are learned once an epoch; catalog and queries are encoded once."""
    tables = dataset.tables
    texts = passages(tables.products)
    queries = {
        query
        for part in (dataset.train, dataset.validation, dataset.test)
        for query in part["query"]
    }
    shown = texts.sample(min(len(texts), SHOWN), random_state=0).tolist()
    encoder = load_encoder(config.model, config.max_tokens)
    some = sorted(queries)[:SHOWN]
    tokens = encoder.count_tokens(shown) / len(shown) * len(texts)
    tokens += encoder.count_tokens(some) / len(some) * len(queries)
    pairs = int(dataset.train["grades"].map(len).sum()) * config.epochs
    work = Work(
        train_texts=len(dataset.train) * config.epochs,
        train_tokens=pairs,
        encode_texts=len(texts) + len(queries),
        encode_tokens=round(tokens),
        sample=shown,
    )
    folder = tables.folder / encoder.fingerprint if tables.folder else None
    kept = folder is not None and (folder / "texts.parquet").is_file()
    return replace(work, measure=partial(_measure, work, encoder, config, kept))


def _measure(
    work: Work, encoder: Encoder, config: InterestConfig, kept: bool, progress: Progress
) -> Cost:
    """Some texts and some steps, timed; `kept`: the catalog's vectors are there already."""
    progress.check()
    texts = list(work.sample)
    started = time.perf_counter()
    encoder.encode(texts)
    encode = (time.perf_counter() - started) / encoder.count_tokens(texts)
    step = _time_step(encoder.dimension, config)
    steps = -(-work.train_tokens // config.batch_size)
    encoded = 0 if kept else work.encode_tokens
    seconds = FIXED_SECONDS + encoded * encode + steps * step
    memory = psutil.Process().memory_info().rss / MEGABYTE
    rows = work.train_tokens // config.epochs
    memory += rows * 4 * (2 * config.history + len(FACTS)) / MEGABYTE
    return Cost(seconds, memory, "cpu")


def _time_step(dimension: int, config: InterestConfig) -> float:
    """The seconds of one step of learning, on vectors of nothing."""
    net = make_net(dimension, config.size, config.dropout)
    rows = config.batch_size
    vectors = Vectors(torch.zeros(rows, dimension), torch.zeros(rows, dimension))
    some = torch.arange(rows)
    pairs = Pairs(
        some,
        some,
        some[:, None].expand(rows, config.history),
        torch.ones(rows, config.history),
        torch.zeros(rows, len(FACTS)),
        some * 0,
    )
    optimizer = torch.optim.AdamW(net.parameters())

    def step() -> None:
        optimizer.zero_grad()
        (net(pairs, vectors) + net.bias(pairs)).sum().backward()
        optimizer.step()

    return fastest_seconds(step, PROBED_STEPS)
