"""The command for whoever writes exercises."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from engine.errors import InputError
from engine.messages import LANGUAGES


def course(
    action: Annotated[Literal["check"], typer.Argument(metavar="ACTION", help="check.")] = "check",
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FOLDER]", help="SHOPLAB_COURSE, or course in SHOPLAB_HOME, by default."
        ),
    ] = None,
) -> dict[str, Any]:
    """Check the exercises in a folder: every mistake with its file, its line and its mend."""
    # The checks know every task's work, which no other command has to wait for.
    from engine.course.reader import find_mistakes, own_folder, read_exercises

    folder = folder or own_folder()
    mistakes = find_mistakes(folder)
    if mistakes:
        raise InputError("course.invalid", details=mistakes, folder=str(folder), n=len(mistakes))
    exercises = {
        language: [
            {"number": one.number, "slug": one.slug, "title": one.title, "minutes": one.minutes}
            for one in read_exercises(language, folder)
        ]
        for language in LANGUAGES
    }
    return {"action": action, "folder": folder, "exercises": exercises}
