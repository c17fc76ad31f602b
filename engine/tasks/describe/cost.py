"""How long a generator will take to be tuned and to write, measured on the task's own texts."""

import math
import time
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from statistics import median

from engine.models.generator import Generator, Messages, SamplingConfig, batch_size, load_generator
from engine.models.generator_tuning import Pair, Tokens, adapt, answer_loss, collate, cut
from engine.models.precision import half_products
from engine.models.probes import training_bytes
from engine.models.timing import fastest_seconds
from engine.models.work import Phase, Work
from engine.progress import Silent
from engine.tasks.describe.config import DescribeConfig

# Tokens that are written to measure, of which the first tells what reading takes.
BEGINNING = 10
RUNS = 2
# Checkpoints, baselines, the check of claims, measuring and saving.
FIXED_SECONDS = 8.0
# An evaluation step reads only, and learning costs about as much again as reading.
READING = 0.5


def count_work(
    train: Sequence[Pair],
    validation: Sequence[Pair],
    written: Sequence[int],
    config: DescribeConfig,
    prepared_seconds: float,
) -> Work:
    """The work of tuning on `train`, watching `validation`, and writing.

    `written` counts the products of each round of writing, `prepared_seconds` is what preparing
    the shop takes. Loads the model once, to count and to measure.
    """
    started = time.perf_counter()
    generator = load_generator(config.model)
    loading = time.perf_counter() - started
    rows = [cut(generator, pair) for pair in train]
    learned = sum(map(len, rows)) * config.epochs
    watched = sum(len(cut(generator, pair)) for pair in validation) * config.epochs
    chats = [pair.messages for pair in train]
    batch = _middling(rows, config.batch_size)
    return Work(
        train_tokens=learned,
        encode_tokens=sum(written) * config.new_tokens * config.samples,
        phases=[
            Phase(
                sum(math.ceil(products / batch_size(generator)) for products in written),
                partial(write_seconds, generator, chats, config),
            ),
            # The last one: it leaves a generator that is of no further use.
            Phase(
                learned + READING * watched,
                partial(learn_seconds, generator, batch, config),
                shared=True,
            ),
        ],
        fixed_seconds=FIXED_SECONDS + prepared_seconds + 2 * loading,
        memory_bytes=training_bytes(generator.model, config, config.batch_size * config.max_tokens),
        device=generator.model.device.type,
    )


def write_seconds(generator: Generator, chats: Sequence[Messages], config: DescribeConfig) -> float:
    """Seconds for one batch of chats, from the beginning of one."""
    sampling = SamplingConfig(BEGINNING, config.samples, config.temperature, config.top_k)
    clock = _Clock()
    generator.write(chats[: batch_size(generator)], sampling, clock)
    reading, *words = (after - before for before, after in pairwise(clock.times))
    return reading + (median(words) if words else 0.0) * (config.new_tokens - 1)


class _Clock(Silent):
    """Notes when writing began and each word was written: it may be stopped at every one."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def check(self) -> None:
        """Note the time."""
        self.times.append(time.perf_counter())


def learn_seconds(generator: Generator, rows: Sequence[Tokens], config: DescribeConfig) -> float:
    """Seconds per token of one training step; the generator's weights are set up for it."""
    model = adapt(generator, config)
    model.train()
    batch = collate(rows, generator.end)
    batch = {name: value.to(generator.model.device) for name, value in batch.items()}

    def step() -> None:
        with half_products(generator.model.device):
            loss = answer_loss(model, batch)
        loss.backward()

    return fastest_seconds(step, RUNS) / int(batch["attention_mask"].sum())


def _middling(rows: Sequence[Tokens], size: int) -> Sequence[Tokens]:
    """A batch of middling length."""
    ordered = sorted(rows, key=len)
    return ordered[len(ordered) // 2 :][:size]
