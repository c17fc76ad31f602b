"""The settings of a training: typed, frozen, each with a sentence."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.errors import InputError

PRESETS = ("quick", "balanced", "thorough")


@dataclass(frozen=True)
class Traits:
    """What a form has to know of a setting beside its type, its bounds and its sentence.

    `affects_cost` says whether it changes the time or the memory that a training takes, `only_with`
    without which value of which other setting it means nothing.
    """

    affects_cost: bool = True
    only_with: tuple[str, str] | None = None


CostFree = Annotated[float, Traits(affects_cost=False)]


class TrainingConfig(BaseModel):
    """What every training needs: the data it takes, and how the optimiser goes over them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    preset: str = Field("quick", description="The preset these settings started from.")
    model: str = Field("", description="Pretrained encoder: a catalog id, a hub id or a folder.")
    seed: int = Field(13, ge=0, description="Seed of the split and of every random draw.")
    learning_rate: CostFree = Field(
        5e-5, gt=0, le=1, description="Peak learning rate of the encoder."
    )
    batch_size: int = Field(32, ge=2, le=1024, description="Examples per step.")
    epochs: int = Field(2, ge=1, le=100, description="Passes over the training examples.")
    weight_decay: CostFree = Field(
        0.01, ge=0, le=1, description="How strongly weights are pulled towards zero."
    )
    dropout: CostFree = Field(
        0.1, ge=0, lt=1, description="Share of activations dropped in training."
    )
    warmup: CostFree = Field(
        0.1, ge=0, lt=1, description="Share of the steps over which the learning rate rises."
    )
    patience: int = Field(
        2, ge=0, le=100, description="Epochs without gain before training stops; 0 never stops it."
    )
    max_examples: int = Field(1800, ge=8, description="Most training examples that are used.")
    train_share: float = Field(
        1.0, gt=0, le=1, description="Share of these examples that is learned from."
    )
    max_tokens: int = Field(40, ge=4, le=512, description="Tokens read of each text.")

    @property
    def pretrained(self) -> tuple[str, ...]:
        """The pretrained models that a training needs on this machine."""
        return (self.model,) if self.model else ()


class AdapterConfig(TrainingConfig):
    """What the training of a pretrained transformer needs beside: which of its weights learn."""

    adapter: Literal["full", "last_k", "lora"] = Field(
        "full", description="What is tuned: all layers, the last ones, or low-rank additions."
    )
    last_k: Annotated[int, Traits(only_with=("adapter", "last_k"))] = Field(
        3, ge=1, le=48, description="How many last layers `last_k` tunes."
    )
    lora_rank: Annotated[int, Traits(only_with=("adapter", "lora"))] = Field(
        8, ge=1, le=256, description="Rank of the LoRA matrices."
    )


class BiEncoderConfig(AdapterConfig):
    """What the tuning of a bi-encoder needs beside."""

    train_tokens: int = Field(
        32, ge=4, le=512, description="Tokens read of each text while tuning, to save time."
    )
    scale: CostFree = Field(
        20.0, gt=0, le=200, description="Sharpness of the softmax over products."
    )
    negatives: bool = Field(
        False, description="Whether products judged irrelevant are used as hard negatives."
    )


class ClassifierConfig(AdapterConfig):
    """What the tuning of a classifier needs beside."""

    head_learning_rate: CostFree = Field(
        3e-4, gt=0, le=1, description="Peak learning rate of the new layers."
    )
    label_smoothing: CostFree = Field(
        0.05, ge=0, lt=1, description="Share of each label that is spread over the others."
    )
    token_dropout: CostFree = Field(
        0.1, ge=0, lt=1, description="Share of words hidden at random while training."
    )


class GeneratorConfig(AdapterConfig):
    """What the tuning of a generator needs beside."""

    adapter: Literal["full", "last_k", "lora"] = Field(
        "lora", description="What is tuned: all layers, the last ones, or low-rank additions."
    )
    lora_layers: Annotated[int, Traits(only_with=("adapter", "lora"))] = Field(
        15, ge=1, le=200, description="Last layers that get LoRA matrices."
    )


def traits(kind: type[TrainingConfig], name: str) -> Traits:
    """The traits of the setting `name`."""
    marks = kind.model_fields[name].metadata
    return next((mark for mark in marks if isinstance(mark, Traits)), Traits())


def preset_settings(presets: Mapping[str, Mapping[str, object]], preset: str) -> dict[str, object]:
    """What a task's preset sets, its name included. Raises InputError for an unknown one."""
    if preset not in presets:
        raise InputError("training.unknown_preset", preset=preset, known=", ".join(presets))
    return {"preset": preset, **presets[preset]}


_C = TypeVar("_C", bound=TrainingConfig)


def with_changes(config: _C, changes: Mapping[str, object]) -> _C:
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


def still_known(kind: type[TrainingConfig], record: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a record of before, without those that `kind` no longer has."""
    return {name: value for name, value in record.items() if name in kind.model_fields}
