"""What every check is: parameters from an exercise's file, and a look at what a team did."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from engine.tasks import TASKS

Count = Annotated[int, Field(ge=1, le=1000, strict=True)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=200)]


def _a_task(name: str) -> str:
    if name not in TASKS:
        raise ValueError(", ".join(TASKS))
    return name


TaskName = Annotated[str, AfterValidator(_a_task)]


class Check(BaseModel):
    """The parameters of one check."""

    model_config = ConfigDict(frozen=True, extra="forbid")
