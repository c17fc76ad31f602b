"""What the attributes task can be told, and its presets."""

from collections.abc import Mapping

from pydantic import Field

from engine.tasks.classify.config import ClassificationConfig

PRESETS: Mapping[str, Mapping[str, object]] = {
    # Some 150 values are told apart by new weights, and there are few steps to learn it in.
    "quick": {
        "adapter": "last_k",
        "last_k": 3,
        "epochs": 5,
        "max_examples": 1800,
        "most_held": 1000,
        "patience": 0,
        "learning_rate": 3e-4,
        "head_learning_rate": 3e-3,
    },
    "balanced": {"epochs": 6, "max_examples": 4000, "most_heads": 8, "patience": 3},
    "thorough": {"epochs": 10, "max_examples": 8000, "most_heads": 12, "patience": 4},
}


class AttributesConfig(ClassificationConfig):
    """The settings of the attributes task."""

    max_tokens: int = Field(64, ge=4, le=512, description="Tokens read of each text.")
    field: str = Field("", description="The one column to learn; empty means the fullest ones.")
    most_heads: int = Field(6, ge=1, le=40, description="Most columns that are learned at once.")
