"""What to train, from what, and how: the choices before a start."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from engine.config import PRESETS, TrainingConfig, with_changes
from engine.model_export.incoming import imported_models
from engine.models.pretrained import Pretrained, available, catalog, offered
from engine.storage.workspace import Workspace
from engine.tasks import TASKS, get_task
from pages.ui.frame import session
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import names
from pages.ui.training.settings_form import edit_settings

OTHER = "other"


def choose_task(first: str = TASKS[0]) -> str:
    """A control with the tasks, the same on every page.

    A link's `?task=` chooses at first; without one it is `first`.
    """
    labels = {name: names.task(name) for name in TASKS}
    linked = st.query_params.get("task")
    return st.segmented_control(
        t("tune.task"),
        TASKS,
        default=linked if linked in TASKS else first,
        required=True,
        format_func=labels.__getitem__,
        key="task",
        persist_state="session",
    )


def choose_start(current: Workspace, task: str) -> TrainingConfig:
    """The settings of a preset, with a model."""
    tables = session.tables(current)
    labels = {name: names.preset(name) for name in PRESETS}
    preset = st.segmented_control(
        t("tune.preset"),
        PRESETS,
        default=PRESETS[0],
        required=True,
        format_func=labels.__getitem__,
        help=t("tune.preset_help"),
        key=f"preset_{task}",
        persist_state="session",
    )
    st.caption(t(f"tune.presets.{preset}"))
    start = get_task(task).config(preset, tables)
    model = _choose_model(start.model, task, current.language)
    return with_changes(start, {"model": model})


def refine_settings(start: TrainingConfig, task: str) -> TrainingConfig:
    """`start` with what was changed of it. Raises InputError for settings that cannot be used."""
    with st.expander(t("tune.settings.title"), icon=":material/settings:", key="advanced"):
        st.caption(t("tune.settings.about"))
        changes = edit_settings(start, f"set_{task}_{start.preset}")
    _show_changes(changes)
    return with_changes(start, changes)


def _choose_model(default: str, task: str, language: str) -> str:
    roles = {model.id: model.role for model in catalog()}
    role = roles.get(default, "encoder")
    models = {model.id: model for model in offered(role)}
    choices = (default, *models, *imported_models(role), OTHER)
    labels = {name: _model_label(name, models) for name in choices}
    chosen = st.selectbox(
        t("tune.model"),
        list(labels),
        format_func=labels.__getitem__,
        help=t("tune.model_help"),
        key=f"model_{task}_{default}",
        persist_state="session",
    )
    if chosen == OTHER:
        typed = st.text_input(
            t("tune.model_other"),
            placeholder=t("tune.model_placeholder"),
            help=t("tune.model_other_help"),
            max_chars=200,
            key=f"model_other_{task}",
            persist_state="session",
        )
        return typed.strip() or default
    about = models.get(chosen)
    if about is not None:
        here = "here" if available(chosen) else "download"
        st.caption(escape(t(f"tune.model_{here}", size=f"{about.size_mb:.0f}")))
        if language not in about.languages:
            st.warning(t("tune.model_language"), icon=":material/translate:")
    return chosen


def _model_label(name: str, models: Mapping[str, Pretrained]) -> str:
    if name == OTHER:
        return t("tune.model_other_option")
    if name not in models:
        return name
    about = models[name]
    languages = t("tune.and").join(t(f"tune.languages.{code}") for code in about.languages)
    return f"{name} · {languages} · {about.parameters:.0f} M"


def _show_changes(changes: Mapping[str, Any]) -> None:
    if changes:
        shown = ", ".join(
            f"{names.setting(name)} = {names.choice(name, value)}"
            for name, value in changes.items()
        )
        st.caption(escape(t("tune.settings.changed", settings=shown)))
