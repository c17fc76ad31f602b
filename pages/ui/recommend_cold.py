"""How shoppers without a past and products without a click fare, on pages no model had seen."""

import pandas as pd
import streamlit as st

from engine.evaluation.compare import metric_interval
from engine.storage.runs import Run, load_heldout
from engine.storage.workspace import Workspace
from pages.ui import charts, names, tables
from pages.ui.i18n import t
from pages.ui.recommend_heldout import TOP, shown_products
from pages.ui.runs import invite_to_tune

RIVALS = ("clicked", "item_knn")
# Fewer pages than these say too little for a sentence.
_ENOUGH = 10


def show_cold(current: Workspace, run: Run | None) -> None:
    """New and known shoppers, then new and known products."""
    st.markdown(t("recommend.cold.intro"))
    if run is None:
        invite_to_tune("interest")
        return
    shown = shown_products(current, run)
    if shown is None:
        st.info(t("recommend.quality.older"), icon=":material/history:")
        return
    st.subheader(t("recommend.cold.shoppers"), anchor=False)
    _show_shoppers(current, run)
    st.subheader(t("recommend.cold.products"), anchor=False)
    _show_products(run, shown)


def _show_shoppers(current: Workspace, run: Run) -> None:
    measured = _by_history(str(current.folder), run.run_id, run.created, run, current)
    for column, (kind, frame) in zip(st.columns(2, gap="large"), measured.items(), strict=True):
        with column:
            pages = int(frame["pages"].iloc[0]) if len(frame) else 0
            if pages < _ENOUGH:
                st.info(t(f"recommend.cold.few_{kind}", n=pages), icon=":material/person_off:")
                continue
            values = frame["value"]
            charts.draw(
                charts.bars_with_interval(
                    [names.system(name) for name in frame.index],
                    values.tolist(),
                    frame["low"].tolist(),
                    frame["high"].tolist(),
                    value_name=names.metric(run.primary_metric),
                    highlight=names.system(run.recommended),
                ),
                title=t(
                    f"recommend.cold.{kind}",
                    ours=f"{values[run.recommended]:.3f}",
                    popular=f"{values[RIVALS[0]]:.3f}",
                ),
                note=t("recommend.cold.pages", n=f"{pages:,}"),
                key=f"chart_{kind}",
            )


@st.cache_resource(max_entries=16, show_spinner=False)
def _by_history(
    folder: str, run_id: str, created: float, _run: Run, _current: Workspace
) -> dict[str, pd.DataFrame]:
    """Per kind of shopper the systems with the primary metric, its interval and the pages."""
    heldout = load_heldout(_current, run_id)
    cold = heldout["known.history"].eq(0)
    found = {}
    for kind, rows in (("new_shoppers", heldout[cold]), ("known_shoppers", heldout[~cold])):
        scored = rows[rows[f"{_run.recommended}.score"].notna()]
        figures = {
            name: [*metric_interval(scored, name), len(scored)]
            for name in (_run.recommended, *RIVALS)
            if len(scored)
        }
        columns = ["value", "low", "high", "pages"]
        found[kind] = pd.DataFrame.from_dict(figures, orient="index", columns=columns)
    return found


def _show_products(run: Run, shown: pd.DataFrame) -> None:
    """What share of the places, of the first places and of the clicks new products have."""
    new = shown["new"]
    if not new.any():
        st.info(t("recommend.cold.no_new"), icon=":material/fiber_new:")
        return
    top, popular = shown["place"] <= TOP, shown["popular"] <= TOP
    share = {"ours": new[top].mean(), "popular": new[popular].mean(), "all": new.mean()}
    st.markdown(
        "**" + t(
            "recommend.cold.finding", k=TOP, **{name: f"{part:.1%}" for name, part in share.items()}
        ) + "**"
    )  # fmt: skip
    rows = [
        {
            "kind": t(f"recommend.cold.kinds.{'new' if is_new else 'known'}"),
            "shown": len(part),
            "clicked": part["clicked"].mean(),
            "chance": part["chance"].mean(),
            "ours": (part["place"] <= TOP).mean(),
            "popular": (part["popular"] <= TOP).mean(),
        }
        for is_new, part in shown.groupby("new")
    ]
    labels = {name: t(f"recommend.cold.columns.{name}", k=TOP) for name in rows[0]}
    number = st.column_config.NumberColumn
    config = {name: number(labels[name], format="percent") for name in list(rows[0])[2:]}
    tables.show(
        pd.DataFrame(rows), labels=labels, config=config, alt=t("recommend.cold.table"),
        key="cold_products",
    )  # fmt: skip
    st.caption(t("recommend.cold.note", k=TOP))
