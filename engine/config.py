"""The settings of a training: typed, frozen, each with a sentence."""

from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.errors import InputError

PRESETS = ("quick", "balanced", "thorough")


class TrainingConfig(BaseModel):
    """What every task can be told. A task adds its own settings in a subclass."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    preset: str = Field("quick", description="The preset these settings started from.")
    model: str = Field("", description="Pretrained encoder: a catalog id, a hub id or a folder.")
    seed: int = Field(13, ge=0, description="Seed of the split and of everything that is drawn.")
    adapter: Literal["full", "last_k", "lora"] = Field(
        "full", description="What is tuned: all layers, the last ones, or low-rank additions."
    )
    last_k: int = Field(3, ge=1, le=48, description="How many last layers `last_k` tunes.")
    lora_rank: int = Field(8, ge=1, le=256, description="Rank of the LoRA matrices.")
    learning_rate: float = Field(5e-5, gt=0, le=1, description="Peak learning rate of the encoder.")
    batch_size: int = Field(32, ge=2, le=1024, description="Examples per step.")
    epochs: int = Field(2, ge=1, le=100, description="Passes over the training examples.")
    weight_decay: float = Field(0.01, ge=0, le=1, description="Pull of the weights towards zero.")
    dropout: float = Field(0.1, ge=0, lt=1, description="Share of activations dropped in training.")
    warmup: float = Field(0.1, ge=0, lt=1, description="Share of the steps that raise the rate.")
    patience: int = Field(
        2, ge=0, le=100, description="Epochs without gain before a stop; 0 never."
    )
    max_examples: int = Field(1800, ge=8, description="Most training examples that are used.")
    max_tokens: int = Field(40, ge=4, le=512, description="Tokens read of each text.")


class BiEncoderConfig(TrainingConfig):
    """What the tuning of a bi-encoder can be told."""

    train_tokens: int = Field(
        32, ge=4, le=512, description="Tokens read of each text while tuning, to save time."
    )
    scale: float = Field(20.0, gt=0, le=200, description="Sharpness of the softmax over products.")
    negatives: bool = Field(
        False, description="Whether products judged irrelevant are used as hard negatives."
    )


class ClassifierConfig(TrainingConfig):
    """What a classifier can be told beside the settings of every task."""

    head_learning_rate: float = Field(3e-4, gt=0, le=1, description="Peak rate of the new layers.")
    label_smoothing: float = Field(
        0.05, ge=0, lt=1, description="Share of each label that is spread over the others."
    )
    token_dropout: float = Field(
        0.1, ge=0, lt=1, description="Share of words hidden at random while training."
    )
    synonyms: int = Field(
        0, ge=0, le=8, description="Copies of each training text with words swapped for near ones."
    )
    back_labels: int = Field(
        0, ge=0, le=100_000, description="Unlabelled texts that a simple model may label, at most."
    )
    precision: float = Field(
        0.9, gt=0, le=1, description="Share of right answers among those not called unsure."
    )


class GeneratorConfig(TrainingConfig):
    """What the tuning of a generator can be told, and how it writes."""

    adapter: Literal["full", "last_k", "lora"] = Field(
        "lora", description="What is tuned: all layers, the last ones, or low-rank additions."
    )
    lora_layers: int = Field(15, ge=1, le=200, description="Last layers that get LoRA matrices.")
    new_tokens: int = Field(48, ge=8, le=400, description="Tokens written at most for one text.")
    samples: int = Field(
        4, ge=1, le=16, description="Texts written for one product, of which the best is chosen."
    )
    temperature: float = Field(
        0.7, gt=0, le=2, description="How freely the second and further texts are drawn."
    )
    top_k: int = Field(20, ge=1, le=1000, description="Likeliest words that are drawn from.")


class InterestConfig(TrainingConfig):
    """What the interest task can be told."""

    max_tokens: int = Field(64, ge=4, le=512, description="Tokens read of each text.")
    learning_rate: float = Field(2e-3, gt=0, le=1, description="Peak learning rate of the net.")
    weight_decay: float = Field(0.1, ge=0, le=1, description="Pull of the weights towards zero.")
    dropout: float = Field(0.2, ge=0, lt=1, description="Share of activations dropped.")
    batch_size: int = Field(256, ge=2, le=4096, description="Products of pages per step.")
    max_examples: int = Field(4000, ge=8, description="Most pages that are learned from.")
    history: int = Field(20, ge=1, le=200, description="Last products of a history looked at.")
    size: int = Field(32, ge=4, le=256, description="Numbers that a product is brought down to.")
    action_weight: float = Field(
        0.5, ge=0, le=10, description="How much more a cart counts than a click; a purchase twice."
    )
    most_held: int = Field(
        2000, ge=10, le=100000, description="Most pages to choose by, and most to measure on."
    )


def preset_settings(presets: Mapping[str, Mapping[str, object]], preset: str) -> dict[str, object]:
    """What a task's preset sets, its name included. Raises InputError for an unknown one."""
    if preset not in presets:
        raise InputError("training.unknown_preset", preset=preset, known=", ".join(presets))
    return {"preset": preset, **presets[preset]}


_C = TypeVar("_C", bound=TrainingConfig)


def with_changes(config: _C, changes: Mapping[str, Any]) -> _C:
    """`config` with some settings changed, each checked. Raises InputError naming the setting."""
    try:
        return type(config).model_validate(config.model_dump() | dict(changes))
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        known = ", ".join(type(config).model_fields)
        raise InputError(
            "training.bad_setting", name=name, why=first["msg"], known=known
        ) from error
