"""Which column of a waiting file is which field: the guess, always editable, and the first rows."""

import pandas as pd
import streamlit as st

from engine.reading.labels import read_labels
from engine.reading.layout import Place
from engine.reading.load import Preview, preview
from engine.reading.presets import presets
from engine.tables.schema import TABLES
from pages.ui.data.sheet_view import choose_place
from pages.ui.data.staging import Staged
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import tables


@st.cache_data(max_entries=32, show_spinner=False)
def _preview(upload: str, place: Place, _waiting: Staged) -> Preview:
    return preview(_waiting.path, _waiting.table, _waiting.name, place)


def edit_mapping(waiting: Staged) -> tuple[dict[str, str], Place]:
    """Show the editor; returns the columns that are not as guessed, and where the table is.

    A field without a column has an empty one.

    Raises InputError for a file that cannot be read.
    """
    place = choose_place(waiting, lambda place: _preview(waiting.upload, place, waiting))
    seen = _preview(waiting.upload, place, waiting)
    if seen.mapping.preset:
        label = presets()[seen.mapping.preset].label
        st.badge(
            t("data.staged.preset", preset=label),
            icon=":material/verified:",
            color="green",
        )
    st.markdown(f"**{t('data.staged.columns')}**")
    with st.grid(4, min_column_width=190, gap="small", key=f"fields_{waiting.table}"):
        chosen = {
            field: _choose(waiting, place, seen, field) for field in TABLES[waiting.table].columns
        }
    missing = [field for field in TABLES[waiting.table].required if not chosen[field]]
    if missing:
        names = ", ".join(tables.column_name(field) for field in missing)
        st.warning(t("data.staged.missing", fields=names), icon=":material/rule:")
    _show_labels(seen, chosen.get("sentiment", ""))
    extras = [column for column in seen.columns if column not in chosen.values()]
    if extras and waiting.table == "products":
        st.caption(t("data.staged.extras", columns=escape(", ".join(extras))))
    if seen.problems:
        tables.show_problems(seen.problems)
    st.markdown(f"**{t('data.staged.rows')}**")
    tables.show(
        seen.rows,
        labels={column: column[:80] for column in seen.columns},
        alt=t("data.staged.rows"),
        height=210,
        key=f"rows_{waiting.upload}",
    )
    guessed = seen.mapping.fields
    changes = {
        field: column for field, column in chosen.items() if column != guessed.get(field, "")
    }
    return changes, place


def _show_labels(seen: Preview, column: str) -> None:
    """The labels of the column that holds sentiments, how many there are, and how each is read."""
    if column not in seen.counts:
        return
    labels = read_labels(seen.counts[column])
    total = sum(label.count for label in labels)
    rows = [
        {
            "label": label.text,
            "meaning": t(f"data.sentiments.{label.meaning}") if label.meaning else "",
            "count": f"{label.count:,}",
            "share": f"{label.count / total:.0%}",
        }
        for label in labels
    ]
    st.markdown(f"**{t('data.staged.labels', column=escape(column))}**")
    names = {name: t(f"data.staged.label_{name}") for name in rows[0]}
    tables.show(pd.DataFrame(rows), labels=names, alt=t("data.staged.labels", column=column))
    if not all(label.meaning for label in labels):
        st.caption(t("data.staged.labels_unread"))


def _choose(waiting: Staged, place: Place, seen: Preview, field: str) -> str:
    options = ["", *seen.columns]
    guessed = seen.mapping.fields.get(field, "")
    sure = t("data.staged.chosen")
    if guessed:
        sure = t("data.staged.sure", share=f"{seen.mapping.confidence[field]:.0%}")
    star = " :red[*]" if field in TABLES[waiting.table].required else ""
    none = t("data.staged.none")
    moved = "" if place == Place() else f"_{place.sheet}_{place.header_row}"
    chosen = st.selectbox(
        tables.column_name(field) + star,
        options,
        index=options.index(guessed),
        format_func=lambda column: column or none,
        help=f"{t(f'data.fields.{field}.about')}\n\n{sure}",
        key=f"map_{waiting.upload}_{field}{moved}",
        persist_state="session",
    )
    return chosen if chosen in options else ""
