"""What the describe task can be told, and its presets."""

from collections.abc import Mapping

from pydantic import Field

from engine.config import CostFree, GeneratorConfig

PRESETS: Mapping[str, Mapping[str, object]] = {
    # Dropout takes a tenth of the time of learning, and what is seen once is not learned by heart.
    "quick": {"epochs": 1, "max_examples": 64, "held_out": 16, "samples": 2, "dropout": 0.0},
    "balanced": {"epochs": 2, "max_examples": 400, "held_out": 60},
    "thorough": {"epochs": 3, "max_examples": 2000, "held_out": 120, "samples": 8},
}
# A generator that does not know a language cuts its words into many more pieces.
UNSPOKEN: Mapping[str, object] = {"max_tokens": 448, "new_tokens": 110}
QUICK_UNSPOKEN: Mapping[str, object] = {"max_examples": 32, "held_out": 8}


class DescribeConfig(GeneratorConfig):
    """The settings of the describe task."""

    model: str = Field("", description="Pretrained generator: a catalog id, a hub id or a folder.")
    learning_rate: CostFree = Field(1e-3, gt=0, le=1, description="Peak learning rate.")
    batch_size: int = Field(2, ge=1, le=256, description="Examples per step.")
    max_tokens: int = Field(256, ge=4, le=2048, description="Tokens read of each example.")
    dropout: CostFree = Field(0.05, ge=0, lt=1, description="Share of activations dropped.")
    shown_facts: int = Field(
        6, ge=1, le=30, description="Facts beside the title that the model is told of a product."
    )
    held_out: int = Field(24, ge=4, le=1000, description="Products that are measured on.")
    new_tokens: int = Field(48, ge=8, le=400, description="Tokens written at most for one text.")
    samples: int = Field(
        4, ge=1, le=16, description="Texts written for one product, of which the best is chosen."
    )
    temperature: CostFree = Field(
        0.7, gt=0, le=2, description="How freely the second and further texts are drawn."
    )
    top_k: int = Field(20, ge=1, le=1000, description="Likeliest words that are drawn from.")
