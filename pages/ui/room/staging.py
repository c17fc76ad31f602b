"""What the projector shows."""

import streamlit as st

from engine.room.snapshot import Snapshot, snapshot_of
from engine.room.workshop import VIEWS, Stage, View, Workshop, put_on_stage
from pages.ui.frame.i18n import escape, t
from pages.ui.frame.room import tab
from pages.ui.parts import names
from pages.ui.room.controls import changed


def show_staging(workshop: Workshop) -> None:
    """Choose what is on the stage, and open it."""
    snapshot = snapshot_of(workshop.workshop_id)
    if snapshot is None:
        return
    st.markdown(t("room.staging.now", view=t(f"room.staging.views.{workshop.stage.view}")))
    st.page_link(
        "pages/stage.py",
        label=t("room.staging.open"),
        icon=":material/slideshow:",
        query_params={tab.ROOM: workshop.workshop_id},
    )
    view = st.radio(
        t("room.staging.show"),
        VIEWS,
        index=VIEWS.index(workshop.stage.view),
        format_func={one: t(f"room.staging.views.{one}") for one in VIEWS}.__getitem__,
        key="staging_view",
    )
    stage = Stage(view) if view not in ("result", "idea") else _ask_item(snapshot, view)
    if stage is None:
        st.caption(t(f"room.staging.none.{view}"))
    elif st.button(
        t("room.staging.put"), type="primary", icon=":material/slideshow:", key="staging_put"
    ):
        put_on_stage(workshop.workshop_id, stage)
        changed(workshop)


def _ask_item(snapshot: Snapshot, view: View) -> Stage | None:
    """A team, and one of its results or ideas; None where there are none yet."""
    labels: dict[Stage, str] = {}
    for standing in snapshot.standings:
        team = standing.team
        if view == "result":
            for run in standing.runs:
                about = f"{names.task(run.task)} · {names.moment(run.created)}"
                labels[Stage(view, team.team_id, run.run_id)] = f"{team.name} · {about}"
        else:
            for card in standing.ideas:
                labels[Stage(view, team.team_id, card.id)] = f"{team.name} · {card.title}"
    if not labels:
        return None
    return st.selectbox(
        t("room.staging.which"),
        labels,
        format_func=lambda stage: escape(labels[stage]),
        key=f"staging_{view}",
    )
