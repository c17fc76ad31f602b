"""How long a generator will take to be tuned and to write, measured on the task's own texts."""

import math
import time
from collections.abc import Sequence

import psutil

from engine.config import GeneratorConfig
from engine.models.generator import Generator, Messages, SamplingConfig, batch_size, load_generator
from engine.models.generator_tuning import Pair, Tokens, adapt, answer_loss, collate, cut
from engine.models.precision import half_products
from engine.models.timing import fastest_seconds
from engine.progress import Progress
from engine.tasks.base import Cost, Work

MEGABYTE = 2**20
# Tokens that are written to measure: enough to tell reading from writing.
FEW, MORE = 2, 8
RUNS = 2
# Checkpoints, baselines, the check of claims, measuring and saving.
FIXED_SECONDS = 8.0
# An evaluation step reads only, and learning costs about as much again as reading.
READING = 0.5
# Bytes of a weight, and of one that learns with its gradient and two moments.
FROZEN_BYTES, TRAINED_BYTES = 4, 16
# Floats that a layer keeps of a token until the way back, per number of its state.
KEPT = 34


def count_work(
    train: Sequence[Pair],
    validation: Sequence[Pair],
    written: int,
    config: GeneratorConfig,
    prepared: float,
) -> Work:
    """The work of tuning on `train`, watching `validation`, and writing for `written` products.

    `prepared` are the seconds that preparing the shop takes. Loads the model once, to count and to
    measure.
    """
    started = time.perf_counter()
    generator = load_generator(config.model)
    loading = time.perf_counter() - started
    rows = [cut(generator, pair) for pair in train]
    watched = sum(len(cut(generator, pair)) for pair in validation) * config.epochs
    tokens = sum(map(len, rows)) * config.epochs

    def measure(progress: Progress) -> Cost:
        progress.check()
        writing = _writing(generator, [pair.messages for pair in train], config)
        learning = _learning(generator, _usual(rows, config.batch_size), config)
        batches = math.ceil(written / batch_size(generator))
        seconds = FIXED_SECONDS + prepared + 2 * loading + writing * batches
        seconds += learning * (tokens + READING * watched)
        return Cost(seconds, _memory(generator, config), generator.model.device.type)

    return Work(
        train_texts=len(train) * config.epochs,
        train_tokens=tokens,
        encode_texts=written,
        encode_tokens=written * config.new_tokens * config.samples,
        sample=[pair.answer for pair in train],
        measure=measure,
    )


def _usual(rows: Sequence[Tokens], size: int) -> Sequence[Tokens]:
    """A batch of middling length."""
    ordered = sorted(rows, key=len)
    return ordered[len(ordered) // 2 :][:size]


def _learning(generator: Generator, rows: Sequence[Tokens], config: GeneratorConfig) -> float:
    """Seconds per token of one training step; the generator is of no use afterwards."""
    model = adapt(generator, config)
    model.train()
    batch = collate(rows, generator.end)
    batch = {name: value.to(generator.model.device) for name, value in batch.items()}

    def step() -> None:
        with half_products(generator.model.device):
            loss = answer_loss(model, batch)
        loss.backward()

    return fastest_seconds(step, RUNS) / int(batch["attention_mask"].sum())


def _writing(generator: Generator, chats: Sequence[Messages], config: GeneratorConfig) -> float:
    """Seconds for one batch of chats, from two short ones that read as much."""
    chats = list(chats)[: batch_size(generator)]
    drawing = [
        SamplingConfig(tokens, config.samples, config.temperature, config.top_k)
        for tokens in (FEW, MORE)
    ]
    few, more = (
        fastest_seconds(lambda how=how: generator.write(chats, how), RUNS)  # type: ignore[misc]
        for how in drawing
    )
    return few + max(more - few, 0.0) / (MORE - FEW) * (config.new_tokens - FEW)


def _memory(generator: Generator, config: GeneratorConfig) -> float:
    model = generator.model
    learned = sum(weight.numel() for weight in model.parameters() if weight.requires_grad)
    shape = model.config
    tokens = config.batch_size * config.max_tokens
    kept = tokens * int(shape.hidden_size) * int(shape.num_hidden_layers) * KEPT * FROZEN_BYTES
    now = psutil.Process().memory_info().rss
    return (now + learned * (TRAINED_BYTES - FROZEN_BYTES) + kept) / MEGABYTE
