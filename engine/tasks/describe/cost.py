"""How long a generator will take to be tuned and to write, measured on the task's own texts."""

import math
import time
from collections.abc import Sequence
from functools import partial

from engine.models.generator import Generator, Messages, SamplingConfig, batch_size, load_generator
from engine.models.generator_tuning import Pair, Tokens, adapt, answer_loss, collate, cut
from engine.models.precision import half_products
from engine.models.probes import training_bytes
from engine.models.timing import fastest_seconds
from engine.models.work import Phase, Work
from engine.tasks.describe.config import DescribeConfig

# Tokens that are written to measure: enough to tell reading from writing.
FEW, MORE = 2, 8
RUNS = 2
# Checkpoints, baselines, the check of claims, measuring and saving.
FIXED_SECONDS = 8.0
# An evaluation step reads only, and learning costs about as much again as reading.
READING = 0.5


def count_work(
    train: Sequence[Pair],
    validation: Sequence[Pair],
    written: int,
    config: DescribeConfig,
    prepared_seconds: float,
) -> Work:
    """The work of tuning on `train`, watching `validation`, and writing for `written` products.

    `prepared_seconds` is what preparing the shop takes. Loads the model once, to count and to
    measure.
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
        encode_tokens=written * config.new_tokens * config.samples,
        phases=[
            Phase(
                math.ceil(written / batch_size(generator)),
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
    """Seconds for one batch of chats, from two short ones that read as much."""
    chats = list(chats)[: batch_size(generator)]

    def write(tokens: int) -> float:
        sampling = SamplingConfig(tokens, config.samples, config.temperature, config.top_k)
        return fastest_seconds(lambda: generator.write(chats, sampling), RUNS)

    few, more = write(FEW), write(MORE)
    return few + max(more - few, 0.0) / (MORE - FEW) * (config.new_tokens - FEW)


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
