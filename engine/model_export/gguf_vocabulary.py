"""A byte-level BPE tokenizer as GGUF keeps it: tokens with their kinds, merges, special tokens.

GGUF does not hold the rules by which a text is cut before the merges apply. It names one of the
ways that llama.cpp knows, so a tokenizer that cuts otherwise cannot be written.

Source: the GGUF specification, "Tokenizer" (github.com/ggml-org/ggml, docs/gguf.md).
"""

import json
from collections.abc import Mapping
from typing import TypedDict

from gguf import GGUFWriter, TokenType
from transformers import PreTrainedTokenizerFast
from transformers.models.qwen2.tokenization_qwen2 import PRETOKENIZE_REGEX

from engine.errors import InputError


class _Bpe(TypedDict):
    type: str
    vocab: dict[str, int]
    merges: list[tuple[str, str]]
    byte_fallback: bool
    ignore_merges: bool


class _Added(TypedDict):
    id: int
    content: str
    special: bool


class _Rules(TypedDict):
    """What this module reads of a `tokenizer.json`."""

    model: _Bpe
    added_tokens: list[_Added]
    normalizer: Mapping[str, object] | None
    pre_tokenizer: Mapping[str, object] | None


def add_vocabulary(writer: GGUFWriter, tokenizer: PreTrainedTokenizerFast, size: int) -> None:
    """Add `tokenizer` to the file of a model that knows `size` tokens.

    Raises InputError for a tokenizer that GGUF cannot hold.
    """
    rules: _Rules = json.loads(tokenizer.backend_tokenizer.to_str())
    tokens, kinds = _tokens(rules, size)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(_cut(rules))
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges([" ".join(pair) for pair in rules["model"]["merges"]])
    _add_special(writer, tokenizer)
    if isinstance(tokenizer.chat_template, str):
        writer.add_chat_template(tokenizer.chat_template)


def _cut(rules: _Rules) -> str:
    """What llama.cpp calls the way in which a text is cut."""
    model, normalizer = rules["model"], rules["normalizer"]
    plain = model["type"] == "BPE" and not (model["byte_fallback"] or model["ignore_merges"])
    if plain and (normalizer is None or normalizer["type"] == "NFC"):
        match rules["pre_tokenizer"]:
            case {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True}:
                return "gpt-2"
            case {
                "pretokenizers": [
                    {"type": "Digits", "individual_digits": True},
                    {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True},
                ]
            }:
                return "smollm"
            case {
                "pretokenizers": [
                    {"type": "Split", "pattern": {"Regex": pattern}, "invert": False},
                    {"type": "ByteLevel", "add_prefix_space": False, "use_regex": False},
                ]
            } if pattern == PRETOKENIZE_REGEX:
                return "qwen2"
    raise InputError("model_export.gguf_tokenizer")


def _tokens(rules: _Rules, size: int) -> tuple[list[str], list[TokenType]]:
    """The tokens in the order of their ids, each with its kind; unused ids are filled up."""
    tokens, kinds = [f"[PAD{number}]" for number in range(size)], [TokenType.UNUSED] * size
    for token, number in rules["model"]["vocab"].items():
        tokens[number], kinds[number] = token, TokenType.NORMAL
    for added in rules["added_tokens"]:
        kind = TokenType.CONTROL if added["special"] else TokenType.USER_DEFINED
        tokens[added["id"]], kinds[added["id"]] = added["content"], kind
    return tokens, kinds


def _add_special(writer: GGUFWriter, tokenizer: PreTrainedTokenizerFast) -> None:
    """The special tokens, and whether they are put around a text without being asked for."""
    for number, add_id in (
        (tokenizer.bos_token_id, writer.add_bos_token_id),
        (tokenizer.eos_token_id, writer.add_eos_token_id),
        (tokenizer.unk_token_id, writer.add_unk_token_id),
        (tokenizer.pad_token_id, writer.add_pad_token_id),
    ):
        if number is not None:
            add_id(number)
    ids = tokenizer("a")["input_ids"]
    writer.add_add_bos_token(ids[0] == tokenizer.bos_token_id)
    writer.add_add_eos_token(ids[-1] == tokenizer.eos_token_id)
