"""Trainings with the defaults of transformers, SetFit and sentence-transformers, raced to a goal.

Each gives what reaching the goal cost (None where it did not), its best quality and what it cost
in all. Only reports, checkpoints and progress bars are off.
"""

import tempfile
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from sentence_transformers import (
    SentenceTransformer,
    SentenceTransformerTrainer,
    SentenceTransformerTrainingArguments,
)
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    PrinterCallback,
    Trainer,
    TrainingArguments,
)

from engine.benchmarks.cost import Cost
from engine.benchmarks.race import Clock, Race

# Texts with their label numbers, and how many labels there are.
Labelled = tuple[Sequence[str], Sequence[int], int]
# Held-out texts, what their probabilities are worth, and what is to be reached.
Held = tuple[Sequence[str], Callable[[np.ndarray[Any, Any]], float], float]
Outcome = tuple[Cost | None, float, Cost]
LOOKS = 6


def race_trainer(
    source: str, train: Labelled, held: Held, max_tokens: int, most_seconds: float
) -> Outcome:
    """`Trainer` over a classification head, 3 epochs of 8 texts a step at a rate of 5e-5."""
    texts, codes, count = train
    held_texts, quality, goal = held
    clock = Clock()
    tokenizer = AutoTokenizer.from_pretrained(source)
    # In full precision, as ours: the half precision of a checkpoint cannot be trained.
    model = AutoModelForSequenceClassification.from_pretrained(
        source, num_labels=count, dtype=torch.float32
    )
    read = tokenizer(list(texts), truncation=True, max_length=max_tokens)
    rows = Dataset.from_dict({**read, "labels": list(codes)})

    @torch.inference_mode()
    def measure() -> float:
        model.eval()
        scores = []
        for start in range(0, len(held_texts), 64):
            part = list(held_texts[start : start + 64])
            batch = tokenizer(
                part, truncation=True, max_length=max_tokens, padding=True, return_tensors="pt"
            )
            scores.append(torch.softmax(model(**batch.to(model.device)).logits, dim=1).cpu())
        model.train()
        return quality(torch.cat(scores).numpy())

    with tempfile.TemporaryDirectory() as folder:
        race = Race(clock, measure, goal, max(1, 3 * len(texts) // 8 // LOOKS), most_seconds)
        trainer = Trainer(
            model=model,
            args=TrainingArguments(**_quiet(folder)),
            train_dataset=rows,
            data_collator=DataCollatorWithPadding(tokenizer),
            callbacks=[race],
        )
        # It prints to standard output, which belongs to the answer.
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    race.look()
    return race.reached, race.best, clock.read()


def race_setfit(
    source: str, train: Labelled, held: Held, max_tokens: int, most_seconds: float
) -> Outcome:
    """SetFit's `Trainer`: contrastive pairs, then a head, looked at once, at its end."""
    from setfit import SetFitModel, Trainer, TrainingArguments

    del most_seconds  # its head exists only at the end
    texts, codes, _ = train
    held_texts, quality, goal = held
    clock = Clock()
    model = SetFitModel.from_pretrained(source)
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(
            model=model,
            args=TrainingArguments(
                output_dir=folder,
                max_length=max_tokens,
                report_to="none",
                save_strategy="no",
                show_progress_bar=False,
            ),
            train_dataset=Dataset.from_dict({"text": list(texts), "label": list(codes)}),
        )
        trainer.train()
    spent = clock.read()
    best = quality(np.asarray(model.predict_proba(list(held_texts), as_numpy=True)))
    return (spent if best >= goal else None), best, spent


def race_pairs(
    source: str,
    train: tuple[Sequence[str], Sequence[str]],
    held: tuple[Callable[[SentenceTransformer], float], float],
    max_tokens: int,
    most_seconds: float,
) -> Outcome:
    """`SentenceTransformerTrainer` with in-batch negatives, 3 epochs of 8 pairs a step."""
    queries, positives = train
    quality, goal = held
    clock = Clock()
    model = SentenceTransformer(source)
    model.max_seq_length = max_tokens

    def measure() -> float:
        found = quality(model)
        model.train()
        return found

    with tempfile.TemporaryDirectory() as folder:
        race = Race(clock, measure, goal, max(1, 3 * len(queries) // 8 // LOOKS), most_seconds)
        trainer = SentenceTransformerTrainer(
            model=model,
            args=SentenceTransformerTrainingArguments(**_quiet(folder)),
            train_dataset=Dataset.from_dict({"anchor": list(queries), "positive": list(positives)}),
            loss=MultipleNegativesRankingLoss(model),
            callbacks=[race],
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    race.look()
    return race.reached, race.best, clock.read()


def _quiet(folder: str) -> dict[str, Any]:
    return {
        "output_dir": folder,
        "save_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
        "use_cpu": not torch.cuda.is_available(),
    }
