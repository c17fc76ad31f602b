"""What the intent task can be told, and its presets."""

from collections.abc import Mapping

from pydantic import Field

from engine.tasks.classify.config import GuessedLabelsConfig

PRESETS: Mapping[str, Mapping[str, object]] = {
    # Of a model with twelve layers the last eight: the time limit allows no more on two cores.
    "quick": {
        "adapter": "last_k",
        "last_k": 8,
        "epochs": 12,
        "max_examples": 1800,
        "most_held": 1000,
        "patience": 0,
    },
    "balanced": {"epochs": 16, "max_examples": 6000, "patience": 4},
    "thorough": {"epochs": 24, "max_examples": 20000, "patience": 6},
}
# Of the multilingual encoder's twelve layers the upper five, in half as many passes and at twice
# the rate: the time limit allows no more on two cores.
QUICK_CHINESE: Mapping[str, object] = {"epochs": 6, "last_k": 5, "learning_rate": 2e-4}


class IntentConfig(GuessedLabelsConfig):
    """The settings of the intent task."""

    min_votes: float = Field(
        2,
        ge=1,
        description="Clicks (carts count twice, purchases four times) that make a category.",
    )
    min_share: float = Field(
        0.6, ge=0.5, le=1, description="Share of them that must agree on the category."
    )
