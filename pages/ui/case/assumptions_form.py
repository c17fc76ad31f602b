"""Every assumption in one table: lowest, likeliest and highest value, source and default."""

from dataclasses import replace

import pandas as pd
import streamlit as st

from engine.case.assumptions import UNITS, Assumptions, Range, check_range
from engine.errors import InputError
from pages.ui.frame import i18n
from pages.ui.frame.i18n import escape, t
from pages.ui.parts.amounts import money, percent

_ENDS = ("low", "likely", "high")
_DIGITS = 10


def edit_assumptions(start: Assumptions, months: int, version: float) -> Assumptions:
    """The assumptions as the team changes them, those that cannot be left as they were.

    `version` is the state of what is saved: the table starts over when it changes.
    """
    st.caption(t("case.assumptions.note"))
    st.warning(t("case.assumptions.link_warning"), icon=":material/link_off:")
    shown = _frame(start)
    fixed = [name for name in shown if name not in _ENDS]
    columns = {name: t(f"case.assumptions.{name}") for name in shown}
    edited = st.data_editor(
        shown,
        hide_index=True,
        disabled=fixed,
        num_rows="fixed",
        height="content",
        column_config={name: st.column_config.Column(columns[name]) for name in fixed}
        | {
            name: st.column_config.NumberColumn(columns[name], min_value=0.0, format="localized")
            for name in _ENDS
        },
        key=f"assumptions_{version}",
    )
    return replace(_read(start, shown, edited), months=months)


def name_of(name: str) -> str:
    """An assumption, or the gain, in the user's language."""
    return t(f"case.names.{name}")


def _frame(assumptions: Assumptions) -> pd.DataFrame:
    defaults = dict(Assumptions().ranges())
    return pd.DataFrame(
        [
            {
                "name": name_of(name),
                **{end: round(getattr(value, end) * _scale(name), _DIGITS) for end in _ENDS},
                "unit": t(f"case.units.{name}"),
                "source": t(f"case.sources.{value.source}"),
                "default": _range_text(name, defaults[name]),
            }
            for name, value in assumptions.ranges()
        ]
    ).astype(dict.fromkeys(_ENDS, float))


def _read(start: Assumptions, shown: pd.DataFrame, edited: pd.DataFrame) -> Assumptions:
    """`start` with the rows that were changed; an error for each that cannot be."""
    changed: dict[str, Range] = {}
    rows = zip(start.ranges(), shown[[*_ENDS]].values, edited[[*_ENDS]].values, strict=True)
    for (name, _), before, after in rows:
        if (before == after).all():
            continue
        value = Range(*(float(end) / _scale(name) for end in after), "own")
        try:
            check_range(name, value)
        except InputError as error:
            message = InputError(error.code, **{**error.params, "name": name_of(name)})
            st.error(escape(message.message(i18n.language())), icon=":material/error:")
        else:
            changed[name] = value
    return start.with_ranges(**changed)


def _scale(name: str) -> float:
    """Shares are shown in per cent."""
    return 100.0 if UNITS[name] == "share" else 1.0


def _range_text(name: str, value: Range) -> str:
    write = percent if UNITS[name] == "share" else money
    return " – ".join(write(getattr(value, end)) for end in _ENDS)
