"""The plan of a workshop, chosen from those that come ready and then edited box by box."""

import pandas as pd
import streamlit as st

from engine.course.reader import read_exercises
from engine.room.agenda import (
    MOST_BOXES,
    MOST_MINUTES,
    READY,
    Agenda,
    TimeBox,
    ready_agenda,
    total_minutes,
)
from engine.storage.labels import LONGEST_LABEL, tidy_label
from pages.ui.frame.i18n import t

_COLUMNS = ("title", "minutes", "exercise")


def choose_agenda(language: str) -> Agenda:
    """A ready agenda with what was changed in it; rows without a title or minutes are left out."""
    name = st.radio(
        t("room.opening.agenda"),
        READY,
        format_func={
            one: t(f"room.opening.agendas.{one}", n=total_minutes(ready_agenda(one, language)))
            for one in READY
        }.__getitem__,
        key="opening_agenda",
    )
    with st.expander(t("room.agenda.edit"), icon=":material/edit:", key="edit_agenda"):
        st.caption(t("room.agenda.how", most=MOST_BOXES))
        agenda = _edit(ready_agenda(name, language), language, f"agenda_{name}_{language}")
        st.caption(t("room.agenda.total", n=total_minutes(agenda)))
    return agenda


def _edit(start: Agenda, language: str, key: str) -> Agenda:
    titles = {one.number: f"{one.number}. {one.title}" for one in read_exercises(language)}
    titles[0] = t("room.agenda.none")
    column = st.column_config
    headings = {name: t(f"room.agenda.{name}") for name in _COLUMNS}
    rows = st.data_editor(
        pd.DataFrame([vars(box) for box in start], columns=list(_COLUMNS)),
        num_rows="dynamic",
        hide_index=True,
        column_config={
            "title": column.TextColumn(headings["title"], max_chars=LONGEST_LABEL, width="large"),
            "minutes": column.NumberColumn(
                headings["minutes"], min_value=1, max_value=MOST_MINUTES, step=1, width="small"
            ),
            "exercise": column.SelectboxColumn(
                headings["exercise"],
                options=sorted(titles),
                format_func=lambda number: titles.get(number, ""),
                width="large",
            ),
        },
        key=key,
        height="content",
        alt=t("room.opening.agenda"),
    )
    boxes = (
        TimeBox(
            tidy_label(str(row["title"])),
            int(row["minutes"]),
            0 if pd.isna(row["exercise"]) else int(row["exercise"]),
        )
        for row in rows.to_dict("records")
        if not pd.isna(row["title"]) and not pd.isna(row["minutes"])
    )
    return tuple(box for box in boxes if box.title)
