"""The pages that a step may open, and what a link may set there."""

import difflib
from collections.abc import Mapping

from engine.config import PRESETS, with_changes
from engine.errors import InputError
from engine.tables.tables import Tables
from engine.tasks import TASKS, get_task

LONGEST = 300
# The page's tabs; a link opens one by `view`.
VIEWS: Mapping[str, tuple[str, ...]] = {
    "search": ("one", "judge", "many", "list", "weights"),
    "intent": ("one", "mix", "labels", "quality", "list"),
    "catalog": ("board", "gaps", "one", "own", "pictures", "quality"),
    "sentiment": ("one", "overview", "trends", "trust", "watch", "labels", "quality", "list"),
    "describe": ("one", "reviews", "batch", "endpoint"),
    "recommend": ("list", "rules", "cold", "quality", "many"),
    "cross_sell": ("basket", "network", "bundles", "quality", "list"),
    "strategy": ("live", "learning", "simulator", "off_policy"),
    "assistant": ("chat", "hand_overs", "policy", "check"),
}
# What else a link may bring: a query, the text of a review, a product.
TEXTS: Mapping[str, tuple[str, ...]] = {
    "search": ("q",),
    "intent": ("q",),
    "strategy": ("q",),
    "recommend": ("wish",),
    "sentiment": ("review",),
}
OTHERS = ("home", "data", "course", "tune", "compare", "duel", "ideas", "case", "experiment")
PAGES = (*VIEWS, *OTHERS, "report")


def parameters_of(page: str) -> tuple[str, ...]:
    """The parameters that a link to `page` may have; those of `tune` are all settings beside."""
    if page == "tune":
        return ("task", "preset")
    if page == "compare":
        return ("task",)
    return (*(("view",) if page in VIEWS else ()), *TEXTS.get(page, ()))


def check_link(page: str, parameters: Mapping[str, str]) -> None:
    """Raise InputError for a page or a parameter that there is not, or a value it cannot have."""
    if page not in PAGES:
        raise InputError("course.unknown_page", value=page, known=", ".join(PAGES))
    if page == "tune":
        check_settings(parameters)
        return
    known = parameters_of(page)
    for name, value in parameters.items():
        if name not in known:
            raise InputError(
                "course.unknown_parameter", page=page, name=name, known=", ".join(known) or "-"
            )
        if name == "view":
            one_of(name, value, VIEWS[page])
        elif name == "task":
            one_of(name, value, TASKS)
        elif len(value) > LONGEST:
            raise InputError("course.long_parameter", name=name, most=LONGEST)


def check_settings(parameters: Mapping[str, str]) -> None:
    """Raise InputError unless these are a task and settings with which it could be trained."""
    settings = dict(parameters)
    task = settings.pop("task", "")
    one_of("task", task, TASKS)
    preset = settings.pop("preset", PRESETS[0])
    one_of("preset", preset, PRESETS)
    with_changes(get_task(task).config(preset, Tables()), settings)


def one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    """Raise InputError unless `value` is one of `known`."""
    if value not in known:
        raise InputError("course.bad_choice", name=name, value=value, known=", ".join(known))


def nearest(word: str, known: tuple[str, ...]) -> str:
    """The one of `known` that was probably meant by `word`; empty if none is near."""
    return next(iter(difflib.get_close_matches(word, known, n=1)), "")
