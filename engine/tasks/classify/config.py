"""What tasks that put texts into classes can be told beside the settings of their classifier."""

from pydantic import Field

from engine.config import ClassifierConfig, CostFree


class ClassificationConfig(ClassifierConfig):
    """What every such task can be told."""

    synonyms: int = Field(
        0, ge=0, le=8, description="Copies of each training text with words swapped for near ones."
    )
    most_held: int = Field(
        3_000, ge=10, le=100_000, description="Most examples to choose by, and most to measure on."
    )
    precision: CostFree = Field(
        0.9, gt=0, le=1, description="Share of right answers among those not called unsure."
    )


class GuessedLabelsConfig(ClassificationConfig):
    """What a task can be told whose texts are not all labelled: labels may be guessed."""

    weak_weight: CostFree = Field(
        0.3, ge=0, le=1, description="How much a guessed label counts beside a given one."
    )
    back_labels: int = Field(
        0, ge=0, le=100_000, description="Unlabelled texts that a simple model may label, at most."
    )
