"""Tuning a bi-encoder so that a query lies near the products that answer it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments
from sentence_transformers.sentence_transformer.evaluation import InformationRetrievalEvaluator
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

from engine.config import BiEncoderConfig
from engine.models.encoder import Encoder
from engine.models.finetune import (
    Watch,
    finetune,
    learn_only,
    lora_config,
    merge_lora,
    set_dropout,
    training_arguments,
)
from engine.models.trunk import layer_list
from engine.progress import Progress

METRIC = "cosine_ndcg@10"


@dataclass(frozen=True)
class Pairs:
    """Training examples: queries with a product that answers them, and one that does not."""

    queries: Sequence[str]
    positives: Sequence[str]
    negatives: Sequence[str] | None = None


@dataclass(frozen=True)
class Check:
    """What the tuning is watched with: queries, a pool of products by id, relevant ids by query."""

    queries: Mapping[str, str]
    products: Mapping[str, str]
    relevant: Mapping[str, set[str]]


def tune_bi_encoder(
    encoder: Encoder,
    pairs: Pairs,
    check: Check | None,
    config: BiEncoderConfig,
    folder: Path,
    progress: Progress,
) -> None:
    """Tune `encoder` in place with the multiple negatives ranking loss.

    Every other product of a batch is a negative, so no query or product is twice in one. Goes on
    from the last checkpoint in `folder`. With `check` the epoch best on nDCG@10 is kept, and
    tuning stops when `patience` epochs bring no gain. Raises `Cancelled`.
    Source: Henderson et al. (2017), arXiv:1705.00652.
    """
    torch.manual_seed(config.seed)
    # They are those of the weights as they were.
    encoder.int8 = None
    _choose_weights(encoder, config)
    model = encoder.model
    watch = Watch(METRIC, keep_best=True) if check else None
    trainer = SentenceTransformerTrainer(
        model,
        training_arguments(
            SentenceTransformerTrainingArguments,
            config,
            folder,
            model.device,
            watch,
            batch_sampler="no_duplicates",
            prompts=_prompts(encoder),
            logging_steps=5,
        ),
        train_dataset=_dataset(pairs),
        # The other products of the whole batch, of which other processes may hold a part.
        loss=MultipleNegativesRankingLoss(model, scale=config.scale, gather_across_devices=True),
        evaluator=_evaluator(encoder, check) if check else None,
    )
    read = model.max_seq_length or config.max_tokens
    model.max_seq_length = min(read, config.train_tokens)
    finetune(trainer, config, folder, progress, watch)
    model.max_seq_length = read
    _keep_weights(encoder, config)


def _choose_weights(encoder: Encoder, config: BiEncoderConfig) -> None:
    """Let only the weights learn that the adapter names; word embeddings never do.

    A shop's few thousand pairs touch few words, and an optimiser over a whole vocabulary would
    take most of the time and memory.
    """
    trunk: Any = encoder.model.transformers_model
    set_dropout(trunk, config.dropout)
    if config.adapter == "lora":
        # The encoder's own method: its checkpoints then hold the matrices as it reads them again.
        encoder.model.add_adapter(lora_config(config, task_type="FEATURE_EXTRACTION"))
    elif config.adapter == "last_k":
        learn_only(trunk, layer_list(trunk)[-config.last_k :])
    else:
        trunk.get_input_embeddings().requires_grad_(False)


def _keep_weights(encoder: Encoder, config: BiEncoderConfig) -> None:
    """Make an encoder like any other of the tuned one, whatever the adapter was."""
    if config.adapter == "lora":
        trunk: Any = encoder.model.transformers_model
        merge_lora(trunk)
        # Without adapters it saves its weights again; one that is there would be saved alone.
        trunk.delete_adapter("default")
    encoder.model.requires_grad_(True)
    encoder.model.eval()


def _dataset(pairs: Pairs) -> Dataset:
    columns = {"anchor": list(pairs.queries), "positive": list(pairs.positives)}
    if pairs.negatives is not None:
        columns["negative"] = list(pairs.negatives)
    return Dataset.from_dict(columns)


def _prompts(encoder: Encoder) -> dict[str, str] | None:
    query, passage = encoder.prefixes["query"], encoder.prefixes["passage"]
    if not query and not passage:
        return None
    return {"anchor": query, "positive": passage, "negative": passage}


def _evaluator(encoder: Encoder, check: Check) -> InformationRetrievalEvaluator:
    return InformationRetrievalEvaluator(
        dict(check.queries),
        dict(check.products),
        {query: set(found) for query, found in check.relevant.items()},
        ndcg_at_k=[10],
        mrr_at_k=[10],
        map_at_k=[10],
        accuracy_at_k=[10],
        precision_recall_at_k=[10],
        batch_size=64,
        write_csv=False,
        query_prompt=encoder.prefixes["query"] or None,
        corpus_prompt=encoder.prefixes["passage"] or None,
    )
