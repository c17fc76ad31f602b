"""A widget for every setting of a training, made from the settings' own types and bounds."""

from decimal import Decimal
from typing import Any, Literal, get_args, get_origin

import streamlit as st
from pydantic.fields import FieldInfo

from engine.config import AdapterConfig, TrainingConfig, traits
from pages.ui.frame.i18n import t
from pages.ui.parts import names

CHOSEN_ELSEWHERE = ("preset", "model")
_LONGEST = 200


def edit_settings(start: TrainingConfig, key: str) -> dict[str, Any]:
    """Show every setting of `start`; returns those that the user changed.

    `key` tells apart the widgets of different starts: another preset begins with its own values.
    """
    kind = type(start)
    fields = {name: one for name, one in kind.model_fields.items() if name not in CHOSEN_ELSEWHERE}
    shared = [name for name in fields if name in AdapterConfig.model_fields]
    own = [name for name in fields if name not in AdapterConfig.model_fields]
    values: dict[str, Any] = {}
    for group in (shared, own):
        if group is own and own:
            st.markdown(f"**{t('tune.settings.own')}**")
        with st.grid(3, min_column_width=230, key=f"{key}_{'own' if group is own else 'shared'}"):
            for name in group:
                only_with = traits(kind, name).only_with
                idle = only_with is not None and values[only_with[0]] != only_with[1]
                with st.container():
                    values[name] = _widget(
                        name, fields[name], getattr(start, name), f"{key}_{name}", idle
                    )
    return {name: value for name, value in values.items() if value != getattr(start, name)}


def _widget(name: str, field: FieldInfo, value: Any, key: str, disabled: bool) -> Any:
    text: dict[str, Any] = {
        "label": names.setting(name),
        "help": names.setting_help(name),
        "key": key,
        "disabled": disabled,
        "persist_state": "session",
    }
    if get_origin(field.annotation) is Literal:
        options = get_args(field.annotation)
        shown = {option: names.choice(name, option) for option in options}
        place = options.index(value)
        return st.selectbox(options=options, index=place, format_func=shown.__getitem__, **text)
    if isinstance(value, bool):
        return st.toggle(value=value, **text)
    if isinstance(value, int | float):
        low, high = _bounds(field)
        number = type(value)
        return st.number_input(
            value=value,
            min_value=None if low is None else number(low),
            max_value=None if high is None else number(high),
            step=1 if number is int else _step(value),
            format="%d" if number is int else "%g",
            **text,
        )
    return st.text_input(value=str(value), max_chars=_LONGEST, **text)


def _bounds(field: FieldInfo) -> tuple[float | None, float | None]:
    """The lowest and highest value; an open bound counts as closed, the settings check the rest."""
    found = {
        side: getattr(mark, side)
        for mark in field.metadata
        for side in ("ge", "gt", "le", "lt")
        if hasattr(mark, side)
    }
    return found.get("ge", found.get("gt")), found.get("le", found.get("lt"))


def _step(value: float) -> float:
    """A fifth to a half of the value's power of ten: 5e-5 moves by 1e-5, 0.1 by 0.05."""
    if value <= 0:
        return 0.01
    power = 10.0 ** Decimal(value).adjusted()
    return power if value > power * 1.5 else power / 2
