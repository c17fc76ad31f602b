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
from transformers import EarlyStoppingCallback, PrinterCallback

from engine.config import BiEncoderConfig
from engine.models.encoder import Encoder
from engine.models.precision import answer_in_full, training_precision
from engine.models.reporting import Reporting, last_checkpoint
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
    _choose_weights(encoder, config)
    model = encoder.model
    arguments = SentenceTransformerTrainingArguments(
        str(folder),
        num_train_epochs=config.epochs,
        per_device_train_batch_size=config.batch_size,
        learning_rate=config.learning_rate,
        weight_decay=config.weight_decay,
        warmup_steps=config.warmup,
        batch_sampler="no_duplicates",
        prompts=_prompts(encoder),
        seed=config.seed,
        eval_strategy="epoch" if check else "no",
        save_strategy="epoch",
        save_total_limit=2,
        load_best_model_at_end=check is not None,
        metric_for_best_model=f"eval_{METRIC}",
        greater_is_better=True,
        logging_steps=5,
        disable_tqdm=True,
        report_to=[],
        dataloader_pin_memory=model.device.type == "cuda",
        **training_precision(model.device),
    )
    stops = [EarlyStoppingCallback(config.patience)] if check and config.patience else []
    trainer = SentenceTransformerTrainer(
        model,
        arguments,
        train_dataset=_dataset(pairs),
        loss=MultipleNegativesRankingLoss(model, scale=config.scale),
        evaluator=_evaluator(encoder, check) if check else None,
        callbacks=[Reporting(progress, METRIC), *stops],
    )
    trainer.remove_callback(PrinterCallback)
    read = model.max_seq_length or config.max_tokens
    model.max_seq_length = min(read, config.train_tokens)
    trainer.train(resume_from_checkpoint=last_checkpoint(folder))
    answer_in_full(trainer)
    model.max_seq_length = read
    progress.check()
    if config.adapter == "lora":
        _merge_lora(encoder)
    model.requires_grad_(True)
    model.eval()


def _choose_weights(encoder: Encoder, config: BiEncoderConfig) -> None:
    """Let only the weights learn that the adapter names; word embeddings never do.

    A shop's few thousand pairs touch few words, and an optimiser over a whole vocabulary would
    take most of the time and memory.
    """
    trunk: Any = encoder.model.transformers_model
    _set_dropout(trunk, config.dropout)
    if config.adapter == "lora":
        from peft import LoraConfig

        encoder.model.add_adapter(
            LoraConfig(
                r=config.lora_rank,
                lora_alpha=2 * config.lora_rank,
                lora_dropout=config.dropout,
                target_modules="all-linear",
                task_type="FEATURE_EXTRACTION",
            )
        )
        return
    trunk.get_input_embeddings().requires_grad_(False)
    if config.adapter == "last_k":
        trunk.requires_grad_(False)
        for layer in layer_list(trunk)[-config.last_k :]:
            layer.requires_grad_(True)


def _merge_lora(encoder: Encoder) -> None:
    """Add the learned low-rank matrices to the weights they stand beside."""
    from peft.tuners.tuners_utils import BaseTunerLayer

    trunk: Any = encoder.model.transformers_model
    for name, module in list(trunk.named_modules()):
        if isinstance(module, BaseTunerLayer):
            module.merge()
            parent, _, child = name.rpartition(".")
            setattr(trunk.get_submodule(parent), child, module.get_base_layer())


def _set_dropout(trunk: torch.nn.Module, share: float) -> None:
    for module in trunk.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = share


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
