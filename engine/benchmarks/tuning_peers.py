"""Trainings with the defaults of transformers, SetFit and sentence-transformers.

Each begins with the pretrained weights in a folder and gives a look for every epoch. Only reports,
checkpoints and progress bars are off.
"""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from numpy.typing import NDArray
from sentence_transformers import (
    SentenceTransformer,
    SentenceTransformerTrainer,
    SentenceTransformerTrainingArguments,
)
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
from sklearn.linear_model import LogisticRegression
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    Trainer,
    TrainingArguments,
)

from engine.benchmarks.race import Clock, Look, Watched

ANSWER_BATCH = 64


@dataclass(frozen=True)
class Labelled:
    """Texts with the numbers of their labels, of which there are `count`."""

    texts: Sequence[str]
    codes: Sequence[int]
    count: int


@dataclass(frozen=True)
class Held:
    """Texts that were held out, and what probabilities `(texts, labels)` for them are worth."""

    texts: Sequence[str]
    quality: Callable[[NDArray[Any]], float]


def train_with_transformers(
    folder: str, train: Labelled, held: Held, max_tokens: int, seed: int
) -> list[Look]:
    """`Trainer` over the library's own classification head."""
    clock = Clock()
    torch.manual_seed(seed)
    tokenizer = AutoTokenizer.from_pretrained(
        folder, local_files_only=True, trust_remote_code=False
    )
    model = AutoModelForSequenceClassification.from_pretrained(
        folder,
        num_labels=train.count,
        dtype=torch.float32,
        local_files_only=True,
        trust_remote_code=False,
        use_safetensors=True,
    )

    def read(texts: Sequence[str]) -> Any:
        return tokenizer(list(texts), truncation=True, max_length=max_tokens)

    @torch.inference_mode()
    def measure() -> float:
        # The trainer itself lets it learn again.
        model.eval()
        scores = []
        for start in range(0, len(held.texts), ANSWER_BATCH):
            part = read(held.texts[start : start + ANSWER_BATCH])
            batch = tokenizer.pad(part, return_tensors="pt").to(model.device)
            scores.append(torch.softmax(model(**batch).logits, dim=1).cpu())
        return held.quality(torch.cat(scores).numpy())

    watched = Watched(clock, measure)
    with tempfile.TemporaryDirectory() as output:
        Trainer(
            model=model,
            args=TrainingArguments(**_quiet(output, seed)),
            train_dataset=Dataset.from_dict({**read(train.texts), "labels": list(train.codes)}),
            data_collator=DataCollatorWithPadding(tokenizer),
            callbacks=[watched],
        ).train()
    return watched.looks


def train_with_setfit(
    folder: str, train: Labelled, held: Held, max_tokens: int, seed: int
) -> list[Look]:
    """SetFit's `Trainer`: contrastive pairs for one epoch, then a head, which is looked at once."""
    from setfit import SetFitModel, Trainer, TrainingArguments

    clock = Clock()
    body = _encoder(folder, max_tokens)
    model = SetFitModel(model_body=body, model_head=LogisticRegression())
    with tempfile.TemporaryDirectory() as output:
        Trainer(
            model=model,
            args=TrainingArguments(
                output_dir=output,
                report_to="none",
                save_strategy="no",
                show_progress_bar=False,
                seed=seed,
            ),
            train_dataset=Dataset.from_dict({"text": train.texts, "label": train.codes}),
        ).train()

    def measure() -> float:
        return held.quality(np.asarray(model.predict_proba(list(held.texts), as_numpy=True)))

    return [clock.look(measure)]


def train_with_sentence_transformers(
    folder: str,
    pairs: tuple[Sequence[str], Sequence[str]],
    quality: Callable[[SentenceTransformer], float],
    max_tokens: int,
    seed: int,
) -> list[Look]:
    """`SentenceTransformerTrainer` on queries with their products, all others being negatives."""
    clock = Clock()
    torch.manual_seed(seed)
    model = _encoder(folder, max_tokens)
    watched = Watched(clock, lambda: quality(model))
    queries, positives = pairs
    with tempfile.TemporaryDirectory() as output:
        SentenceTransformerTrainer(
            model=model,
            args=SentenceTransformerTrainingArguments(**_quiet(output, seed)),
            train_dataset=Dataset.from_dict({"anchor": queries, "positive": positives}),
            loss=MultipleNegativesRankingLoss(model),
            callbacks=[watched],
        ).train()
    return watched.looks


def _encoder(folder: str, max_tokens: int) -> SentenceTransformer:
    model = SentenceTransformer(folder, local_files_only=True, trust_remote_code=False)
    model.max_seq_length = max_tokens
    return model


def _quiet(output: str, seed: int) -> dict[str, Any]:
    return {
        "output_dir": output,
        "save_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
        "seed": seed,
    }
