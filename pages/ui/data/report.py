"""The report on the last load, kept in the session until the next upload."""

import streamlit as st

from engine.reading.load_report import LoadReport
from pages.ui.frame.i18n import t
from pages.ui.parts import tables
from pages.ui.parts.tables import table_name

_KEY = "load_report"


def keep(report: LoadReport) -> None:
    """Show `report` from now on."""
    st.session_state[_KEY] = report


def forget() -> None:
    """Stop showing the report."""
    st.session_state.pop(_KEY, None)


def show_report() -> None:
    """What became of each file of the last load, if there was one."""
    report: LoadReport | None = st.session_state.get(_KEY)
    if report is None:
        return
    for table, loaded in report.tables.items():
        st.success(
            t(
                "data.report.loaded",
                table=table_name(table),
                kept=f"{loaded.kept:,}",
                rows=f"{loaded.rows:,}",
                rejected=f"{loaded.rejected:,}",
            ),
            icon=":material/check_circle:",
        )
        if loaded.problems:
            label = t("data.report.problems", table=table_name(table), n=len(loaded.problems))
            with st.expander(label, icon=":material/rule:"):
                tables.show_problems(loaded.problems)
