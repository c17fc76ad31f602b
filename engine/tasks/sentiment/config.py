"""What the sentiment task can be told, and its presets."""

from collections.abc import Mapping

from pydantic import Field

from engine.tasks.classify.config import GuessedLabelsConfig

PRESETS: Mapping[str, Mapping[str, object]] = {
    # So few steps learn how clauses are joined only at twice the usual rate. Of six layers the
    # upper five are as good as all, and four are not (docs/sentiment.md).
    "quick": {
        "adapter": "last_k",
        "last_k": 5,
        "epochs": 3,
        "batch_size": 16,
        "max_examples": 1800,
        "most_held": 1000,
        "patience": 0,
        "learning_rate": 2e-4,
    },
    "balanced": {"epochs": 6, "max_examples": 6000, "patience": 0},
    "thorough": {"epochs": 8, "max_examples": 20000, "patience": 3, "max_tokens": 128},
}
# Of the multilingual encoder's twelve layers the time limit allows no more on two cores either.
QUICK_CHINESE: Mapping[str, object] = {
    "epochs": 4,
    "max_examples": 1500,
    "batch_size": 32,
}


class SentimentConfig(GuessedLabelsConfig):
    """The settings of the sentiment task."""

    max_tokens: int = Field(64, ge=4, le=512, description="Tokens read of each text.")
