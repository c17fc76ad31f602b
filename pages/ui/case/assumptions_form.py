"""Every assumption in one table: lowest, likeliest and highest value, source and default."""

from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from engine.case.assumptions import UNITS, Assumptions, Range, check_range
from engine.errors import InputError
from engine.messages import say
from pages.ui.frame import i18n
from pages.ui.frame.i18n import escape, t
from pages.ui.parts.amounts import money, percent

_ENDS = ("low", "likely", "high")
_DIGITS = 4
_WIDTHS: dict[str, int] = {"name": 290, "default": 170}


def edit_assumptions(start: Assumptions, months: int, version: float) -> Assumptions:
    """The assumptions as the team changes them, those that cannot be left as they were.

    `version` is the state of what is saved: the table starts over when it changes.
    """
    st.caption(t("case.assumptions.note"))
    st.warning(t("case.assumptions.link_warning"), icon=":material/link_off:")
    shown = _frame(start)
    titles = {str(name): t(f"case.assumptions.{name}") for name in shown}
    columns: dict[str, Any] = {
        name: st.column_config.NumberColumn(title, min_value=0.0, format="localized")
        if name in _ENDS
        else st.column_config.Column(title, width=_WIDTHS.get(name))
        for name, title in titles.items()
    }
    edited = st.data_editor(
        shown,
        hide_index=True,
        disabled=[name for name in titles if name not in _ENDS],
        column_config=columns,
        num_rows="fixed",
        height="content",
        alt=t("case.assumptions.title"),
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
                **{end: _rounded(getattr(value, end) * _scale(name)) for end in _ENDS},
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
        low, likely, high = (float(end) / _scale(name) for end in after)
        value = Range(low, likely, high, "own")
        try:
            check_range(name, value)
        except InputError as error:
            text = say(error.code, i18n.language(), **{**error.params, "name": name_of(name)})
            st.error(escape(text), icon=":material/error:")
        else:
            changed[name] = value
    return start.with_ranges(**changed)


def _rounded(value: float) -> float:
    """What is shown of a value; one that nobody changes keeps all its digits."""
    return float(f"{value:.{_DIGITS}g}")


def _scale(name: str) -> float:
    """Shares are shown in per cent."""
    return 100.0 if UNITS[name] == "share" else 1.0


def _range_text(name: str, value: Range) -> str:
    write = percent if UNITS[name] == "share" else money
    return " – ".join(write(getattr(value, end)) for end in _ENDS)
