"""The settings of the interest task and its presets."""

from collections.abc import Mapping

from pydantic import Field

from engine.config import CostFree, TrainingConfig

PRESETS: Mapping[str, Mapping[str, object]] = {
    "quick": {"epochs": 4, "max_examples": 4000},
    "balanced": {"epochs": 8, "max_examples": 20000, "history": 30},
    "thorough": {"epochs": 15, "max_examples": 100000, "history": 50, "patience": 4},
}


class InterestConfig(TrainingConfig):
    """The settings of the interest task; its encoder is never tuned, so there is no adapter."""

    max_tokens: int = Field(64, ge=4, le=512, description="Tokens read of each text.")
    learning_rate: CostFree = Field(2e-3, gt=0, le=1, description="Peak learning rate of the net.")
    weight_decay: CostFree = Field(
        0.1, ge=0, le=1, description="How strongly weights are pulled towards zero."
    )
    dropout: CostFree = Field(
        0.2, ge=0, lt=1, description="Share of activations dropped in training."
    )
    batch_size: int = Field(256, ge=2, le=4096, description="Products of pages per step.")
    max_examples: int = Field(4000, ge=8, description="Most pages that are learned from.")
    history: int = Field(
        20, ge=1, le=200, description="How many of a history's last products are looked at."
    )
    size: int = Field(
        32, ge=4, le=256, description="Length of the vectors that products are projected to."
    )
    action_weight: CostFree = Field(
        0.5, ge=0, le=10, description="How much more a cart counts than a click; a purchase twice."
    )
    most_held: int = Field(
        2000, ge=10, le=100000, description="Most pages to choose by, and most to measure on."
    )
