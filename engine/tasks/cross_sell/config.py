"""What the cross-sell task can be told, and its presets."""

from collections.abc import Mapping

from pydantic import Field

from engine.config import BiEncoderConfig, CostFree

PRESETS: Mapping[str, Mapping[str, object]] = {
    "quick": {"epochs": 2, "max_examples": 1600},
    "balanced": {"epochs": 3, "max_examples": 10000},
    "thorough": {
        "epochs": 6,
        "max_examples": 60000,
        "learning_rate": 5e-5,
        "ease_products": 5000,
        "most_held": 5000,
        "patience": 3,
    },
}
# The Chinese encoder has twice the layers: a quick run sees fewer pairs, and its upper half learns.
QUICK_CHINESE: Mapping[str, object] = {"max_examples": 700, "adapter": "last_k", "last_k": 6}


class CrossSellConfig(BiEncoderConfig):
    """The settings of the cross-sell task."""

    max_tokens: int = Field(32, ge=4, le=512, description="Tokens read of each text.")
    learning_rate: CostFree = Field(
        1e-4, gt=0, le=1, description="Peak learning rate of the encoder."
    )
    ease_products: int = Field(
        3000, ge=10, le=20000, description="Products, the most bought ones, that EASE^R solves for."
    )
    most_held: int = Field(
        1500, ge=10, le=100000, description="Most baskets to choose by, and most to measure on."
    )
