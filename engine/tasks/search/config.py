"""What the search task can be told, and its presets."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from engine.config import BiEncoderConfig, CostFree

PRESETS: Mapping[str, Mapping[str, object]] = {
    "quick": {
        "epochs": 2,
        "max_examples": 1300,
        "adapter": "last_k",
        "last_k": 3,
        "learning_rate": 1e-4,
    },
    "balanced": {"epochs": 4, "max_examples": 8000, "train_tokens": 48},
    "thorough": {
        "epochs": 8,
        "max_examples": 40000,
        "train_tokens": 64,
        "learning_rate": 3e-5,
        "patience": 3,
    },
}
# The Chinese encoder has twice the layers: a quick run sees fewer pairs and reads less of a text to
# end as soon.
QUICK_CHINESE: Mapping[str, object] = {
    "epochs": 1,
    "max_examples": 800,
    "last_k": 4,
    "max_tokens": 40,
}
# Judged pairs are few: reading them whole costs little, and a third pass learns them by heart.
QUICK_JUDGED: Mapping[str, object] = {"epochs": 2, "train_tokens": 64}


class SearchConfig(BiEncoderConfig):
    """The settings of the search task."""

    max_tokens: int = Field(64, ge=4, le=512, description="Tokens read of each text.")
    source: Literal["auto", "judgments", "clicks", "catalog"] = Field(
        "auto", description="What is learned from; auto takes the best there is enough of."
    )
    max_positives: int = Field(8, ge=1, description="Most products learned for one query.")
    bm25_weight: CostFree = Field(
        2.0,
        ge=0,
        le=20,
        description="How often words count beside meaning; validation may change it.",
    )
    ranker: bool = Field(
        True, description="Whether an order of what words and meaning find is learned as well."
    )
    reranker: str = Field(
        "", description="A cross-encoder (hub id or folder) that reorders the best products."
    )

    @property
    def pretrained(self) -> tuple[str, ...]:
        """The encoder, and the reranker if there is one."""
        return (*super().pretrained, self.reranker) if self.reranker else super().pretrained
