"""Which words of a query made a model answer as it did."""

import re
from collections.abc import Callable

import rjieba
import torch
from captum.attr import LayerIntegratedGradients
from torch import Tensor

from engine.models.trunk import Trunk

STEPS = 20
_RUN = re.compile(r"[㐀-鿿]+|[^\s㐀-鿿]+")


def attribute_words(
    trunk: Trunk, text: str, logits: Callable[[dict[str, Tensor]], Tensor], label: int
) -> list[tuple[str, float]]:
    """The words of a query in reading order, each with its share in the score of `label`.

    Integrated gradients over the embeddings (Sundararajan et al. 2017), from a text of padding
    tokens to the query; a word's share is the sum over its pieces. Shares are signed and their
    absolute values add up to 1 (all 0 when nothing mattered). `logits` gives the scores
    `(texts, labels)` for `input_ids` and `attention_mask`.
    """
    tokens = trunk.tokens([text])
    ids, mask = tokens["input_ids"], tokens["attention_mask"]
    tokenizer = trunk.encoder.model.tokenizer
    special = torch.tensor(
        tokenizer.get_special_tokens_mask(ids[0].tolist(), already_has_special_tokens=True),
        device=ids.device,
    ).bool()
    baseline = torch.where(special, ids[0], tokenizer.pad_token_id)[None]
    gradients = LayerIntegratedGradients(
        lambda input_ids, attention_mask: logits(
            {"input_ids": input_ids, "attention_mask": attention_mask}
        ),
        trunk.embeddings,
    )
    parts = gradients.attribute(
        ids, baseline, target=label, additional_forward_args=(mask,), n_steps=STEPS
    )
    pieces = parts.sum(dim=-1)[0].tolist()
    spans = trunk.spans(text)
    shares = [
        (
            text[start:end],
            sum(v for v, (a, b) in zip(pieces, spans, strict=True) if _meet(a, b, start, end)),
        )
        for start, end in word_spans(text)
    ]
    total = sum(abs(share) for _, share in shares) or 1.0
    return [(word, share / total) for word, share in shares]


def word_spans(text: str) -> list[tuple[int, int]]:
    """Where the words of a text begin and end: jieba's for Chinese, between spaces otherwise."""
    spans: list[tuple[int, int]] = []
    for run in _RUN.finditer(text):
        chinese = "\u3400" <= run.group()[0] <= "\u9fff"
        start = run.start()
        for word in rjieba.cut(run.group()) if chinese else [run.group()]:
            spans.append((start, start + len(word)))
            start += len(word)
    return spans


def _meet(a: int, b: int, start: int, end: int) -> bool:
    # A piece belongs to the word that its first letter is in.
    return a < b and start <= a < end
