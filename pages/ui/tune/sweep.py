"""Several values of one setting, tried in one job."""

from typing import Any

import streamlit as st

from engine import jobs
from engine.config import TrainingConfig, with_changes
from engine.errors import InputError
from engine.jobs.job import SWEEP
from engine.storage.workspace import Workspace
from pages.ui.frame import session
from pages.ui.frame.i18n import t
from pages.ui.parts import names
from pages.ui.parts.errors import show_error, shown_errors

# What changes the held-out examples, or is chosen above.
_LEFT_OUT = ("preset", "model", "seed", "train_share")
_LONGEST = 200


def offer_sweep(current: Workspace, task: str, config: TrainingConfig) -> None:
    """The setting, its values, and the button that queues them as one job."""
    with st.expander(t("tune.sweep.title"), icon=":material/linear_scale:", key="sweep"):
        st.caption(t("tune.sweep.about"))
        fields = type(config).model_fields
        options = [
            name
            for name in fields
            if name not in _LEFT_OUT and isinstance(getattr(config, name), int | float)
        ]
        labels = {name: names.setting(name) for name in options}
        name = st.selectbox(
            t("tune.sweep.setting"),
            options,
            index=options.index("learning_rate"),
            format_func=labels.__getitem__,
            key=f"sweep_setting_{task}",
        )
        text = st.text_input(
            t("tune.sweep.values"),
            placeholder=_example(getattr(config, name)),
            max_chars=_LONGEST,
            key=f"sweep_values_{task}_{name}",
        )
        values = [value.strip() for value in text.replace("，", ",").split(",") if value.strip()]
        if st.button(
            t("tune.sweep.start", n=len(values)),
            icon=":material/play_arrow:",
            disabled=len(values) < 2,
            key="queue_sweep",
        ):
            _start(current, task, config, name, values)


def _example(value: Any) -> str:
    return ", ".join(f"{type(value)(one):g}" for one in (value, 2 * value, 4 * value))


def _start(
    current: Workspace, task: str, config: TrainingConfig, name: str, values: list[str]
) -> None:
    # Checked here, so that a slip is not found when the job runs.
    try:
        for value in values:
            with_changes(config, {name: value})
    except InputError as error:
        show_error(error)
        return
    with shown_errors():
        settings = {**config.model_dump(), "grid": {name: values}}
        jobs.submit(current.name, task, settings, kind=SWEEP, owner=session.owner())
        st.toast(t("tune.started"))
        st.rerun()
