"""What the engine's names are called in the user's language.

The texts of a task, its systems, metrics, heads and settings stand beside its code, in the engine's
catalog. A name without a text stays as it is: a run may hold names of another version of Shoplab.
"""

from datetime import UTC, datetime
from typing import Literal

import streamlit as st

from engine.messages import engine_catalog
from engine.storage.runs import Run
from pages.ui.frame import i18n
from pages.ui.frame.i18n import t

MARK = "@run"


def task(name: str) -> str:
    """A task."""
    return _text(f"{name}.name", name)


def task_text(name: str, kind: Literal["next", "open", "invite"]) -> str:
    """What a task says of itself.

    `next` is what to do on its page, `open` the link that leads there after a training, `invite`
    what a training would bring.
    """
    return _text(f"{name}.{kind}", "")


def system(name: str) -> str:
    """A system or baseline; of two merged runs, with the letter of its run."""
    base, _, letter = name.partition(MARK)
    plain = _text(f"systems.{base}", base)
    return f"{plain} ({letter})" if letter else plain


def metric(name: str) -> str:
    """A metric, with the head it belongs to if it names one."""
    of_head, _, figure = name.rpartition(".")
    plain = _text(f"metrics.{figure}", figure)
    return f"{head(of_head)}: {plain}" if of_head else plain


def head(name: str) -> str:
    """A head of a classification task."""
    return _text(f"heads.{name}", name)


def count(name: str) -> str:
    """What a task counts to tell whether it can learn."""
    return _text(f"counts.{name}", name)


def setting(name: str) -> str:
    """A setting of a training."""
    return _text(f"config.{name}.name", name)


def setting_help(name: str) -> str:
    """What a setting of a training does."""
    return _text(f"config.{name}.help", "")


def choice(setting_name: str, value: object) -> str:
    """A value that a setting may take."""
    return _text(f"config.choices.{setting_name}.{value}", str(value))


def job_kind(name: str) -> str:
    """What a job does."""
    return _text(f"jobs.kinds.{name}", name)


def stage(name: str) -> str:
    """What a job is doing."""
    return _text(f"training.stages.{name}", name)


def label(task: str, head: str, value: object) -> str:
    """A label that a head of a task's model answers with."""
    return _text(f"{task}.{head}s.{value}", str(value))


def run(run: Run) -> str:
    """A run by its time, model and preset; the end of its id, since names in a list must differ."""
    about = (moment(run.created), run.model, preset(run.config.get("preset", "")))
    return " · ".join([*about, run.run_id.rpartition("-")[2]])


def preset(name: object) -> str:
    """A preset."""
    return choice("preset", name)


def moment(time: float) -> str:
    """A point in time, in the visitor's time zone."""
    zone = st.context.timezone_offset
    local = datetime.fromtimestamp(time - 60 * (zone or 0), UTC)
    return f"{local:%Y-%m-%d %H:%M}"


def duration(seconds: float) -> str:
    """A duration in its two largest units."""
    whole = max(round(seconds), 0)
    if whole < 60:
        return t("tune.seconds", n=whole)
    if whole < 3600:
        return t("tune.minutes", n=whole // 60, rest=whole % 60)
    return t("tune.hours", n=whole // 3600, rest=whole % 3600 // 60)


def _text(code: str, otherwise: str) -> str:
    return engine_catalog().texts[i18n.language()].get(code, otherwise)
