"""What the engine's names are called in the user's language; a name without a text stays as it is.

A run may hold systems, metrics and settings of another version of Shoplab, hence the last clause.
"""

from datetime import UTC, datetime

import streamlit as st

from engine.messages import engine_catalog
from engine.storage.runs import Run
from pages.ui.frame import i18n
from pages.ui.frame.i18n import t

MARK = "@run"


def system(name: str) -> str:
    """A system or baseline; of two merged runs, with the letter of its run."""
    base, _, letter = name.partition(MARK)
    plain = _named("compare.systems", base)
    return f"{plain} ({letter})" if letter else plain


def metric(name: str) -> str:
    """A metric, with the head it belongs to if it names one."""
    head, _, figure = name.rpartition(".")
    plain = _named("compare.metrics", figure)
    return f"{_named('compare.heads', head)}: {plain}" if head else plain


def head(name: str) -> str:
    """A head of a classification task."""
    return _named("compare.heads", name)


def setting(name: str) -> str:
    """A setting of a training."""
    return i18n.catalog().texts[i18n.language()].get(f"config.{name}.name", name)


def choice(setting_name: str, value: object) -> str:
    """A value that a setting may take."""
    return _named(f"config.choices.{setting_name}", str(value))


def stage(name: str) -> str:
    """What a training is doing."""
    return engine_catalog().texts[i18n.language()].get(f"training.stages.{name}", name)


def label(task: str, head: str, value: object) -> str:
    """A label that a head of a task's model answers with."""
    code = f"{task}.{head}s.{value}"
    return engine_catalog().texts[i18n.language()].get(code, str(value))


def run(found: Run) -> str:
    """A run by its time, model and preset; the end of its id, since names in a list must differ."""
    about = (moment(found.created), found.model, preset(found.config.get("preset", "")))
    return " · ".join([*about, found.run_id.rpartition("-")[2]])


def preset(name: object) -> str:
    """A preset."""
    return choice("preset", name)


def moment(time: float) -> str:
    """A point of time where the visitor is."""
    zone = st.context.timezone_offset
    local = datetime.fromtimestamp(time - 60 * (zone or 0), UTC)
    return f"{local:%Y-%m-%d %H:%M}"


def duration(seconds: float) -> str:
    """A span of time in the two largest units that matter."""
    whole = max(round(seconds), 0)
    if whole < 60:
        return t("tune.seconds", n=whole)
    if whole < 3600:
        return t("tune.minutes", n=whole // 60, rest=whole % 60)
    return t("tune.hours", n=whole // 3600, rest=whole % 3600 // 60)


def _named(prefix: str, name: str) -> str:
    return i18n.catalog().texts[i18n.language()].get(f"{prefix}.{name}", name)
