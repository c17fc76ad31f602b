"""What the whole room looks at: clock and code on top, and what the facilitator put on below."""

import time

import streamlit as st

from engine.errors import ShoplabError
from engine.room.snapshot import Snapshot, snapshot_of
from engine.room.workshop import Team
from engine.storage.runs import load_run
from engine.storage.workspace import Workspace
from pages.ui.frame import link
from pages.ui.frame.i18n import escape, t
from pages.ui.frame.room import tab
from pages.ui.frame.room.clock import POLL_SECONDS, box_title, show_big_clock
from pages.ui.parts import names
from pages.ui.parts.room.qr import show_big_code, show_qr
from pages.ui.parts.room.tally import show_tally
from pages.ui.training.outcome import show_outcome

# What is on the stage is enlarged as a whole: Streamlit's own elements have one size.
_LARGE = st.components.v2.component(
    "shoplab_stage",
    html="<span hidden></span>\n",
    css="""@media (min-width: 1000px) {
  .st-key-stage_shown {
    zoom: 1.7;
  }
}
""",
    isolate_styles=False,
)


def show_stage() -> None:
    """The stage of the room in the link, polled every two seconds."""
    workshop = tab.facilitated()
    room = str(st.session_state.get(tab.ROOM) or (workshop.workshop_id if workshop else ""))
    snapshot = snapshot_of(room) if room else None
    if snapshot is None:
        st.title(t("stage.title"), anchor=False)
        st.markdown(t("stage.intro"))
        st.info(t("stage.no_room"), icon=":material/co_present:")
        return
    link.show(tab.ROOM, room)
    st.title(escape(snapshot.workshop.title), anchor=False)
    st.fragment(_show, run_every=POLL_SECONDS)(room)


def _show(workshop_id: str) -> None:
    snapshot = snapshot_of(workshop_id)
    if snapshot is None:
        return
    workshop = snapshot.workshop
    if workshop.closed is not None:
        st.header(t("stage.closed"), anchor=False)
        return
    with st.container(horizontal=True, horizontal_alignment="distribute", key="stage_top"):
        with st.container(width="content"):
            st.subheader(escape(box_title(workshop)), anchor=False)
            show_big_clock(snapshot, time.time())
        with st.container(width="content"):
            st.subheader(t("stage.code"), anchor=False)
            show_big_code(workshop.code)
    _LARGE(key="stage_large")
    if workshop.broadcast:
        st.header(escape(workshop.broadcast), anchor=False, icon=":material/campaign:")
    with st.container(key="stage_shown"), st.container(key=f"stage_{workshop.stage.view}"):
        _VIEWS[workshop.stage.view](snapshot)


def _show_welcome(snapshot: Snapshot) -> None:
    with st.container(horizontal=True, gap="large", vertical_alignment="center"):
        show_qr(snapshot.workshop.join_link, 260)
        with st.container(width=340):
            st.header(t("stage.join"), anchor=False)
            st.subheader(escape(snapshot.workshop.address), anchor=False)
            for standing in snapshot.standings:
                people = ", ".join(escape(person.name) for person in standing.people)
                st.markdown(f"**{escape(standing.team.name)}** {people}")


def _show_standing(snapshot: Snapshot) -> None:
    total = len(snapshot.workshop.exercises)
    for standing in snapshot.standings:
        done = len(standing.done)
        exercise = escape(standing.exercise.title) if standing.exercise else "–"
        text = t(
            "stage.standing",
            team=escape(standing.team.name),
            exercise=exercise,
            done=done,
            runs=len(standing.runs),
            ideas=len(standing.ideas),
        )
        st.progress(done / total if total else 0.0, text=f"**{text}**")


def _show_result(snapshot: Snapshot) -> None:
    stage = snapshot.workshop.stage
    team, workspace = _team_on_stage(snapshot)
    if team is None or workspace is None:
        st.info(t("stage.gone"))
        return
    try:
        run = load_run(workspace, stage.item)
    except ShoplabError:
        st.info(t("stage.gone"))
        return
    st.header(f"{escape(team.name)} · {names.task(run.task)}", anchor=False)
    metric = run.primary_metric
    with st.container(horizontal=True, gap="large"):
        st.metric(t("stage.before"), f"{run.before[metric]:.3f}", width="content")
        change = run.after[metric] - run.before[metric]
        st.metric(
            names.system(run.recommended),
            f"{run.after[metric]:.3f}",
            delta=f"{change:+.3f}",
            width="content",
        )
    st.caption(names.metric(metric))
    show_outcome(run)


def _show_idea(snapshot: Snapshot) -> None:
    team, _ = _team_on_stage(snapshot)
    standing = snapshot.standing(snapshot.workshop.stage.team_id)
    cards = standing.ideas if standing else ()
    card = next((one for one in cards if one.id == snapshot.workshop.stage.item), None)
    if team is None or card is None:
        st.info(t("stage.gone"))
        return
    st.header(f"{escape(team.name)} · {escape(card.title)}", anchor=False)
    for name in ("customer", "pain", "idea", "metric"):
        if text := card.text(name):
            st.subheader(t(f"stage.idea.{name}"), anchor=False)
            st.markdown(escape(text))


def _show_vote(snapshot: Snapshot) -> None:
    if snapshot.ballot is None:
        st.info(t("stage.no_vote"))
        return
    with st.container(horizontal=True, gap="large"):
        with st.container(width=400):
            show_tally(snapshot.ballot)
        if snapshot.ballot.closed is None:
            show_qr(snapshot.workshop.join_link, 150)


def _team_on_stage(snapshot: Snapshot) -> tuple[Team | None, Workspace | None]:
    standing = snapshot.standing(snapshot.workshop.stage.team_id)
    if standing is None:
        return None, None
    try:
        return standing.team, Workspace.open(standing.team.workspace)
    except ShoplabError:
        return standing.team, None


_VIEWS = {
    "welcome": _show_welcome,
    "standing": _show_standing,
    "result": _show_result,
    "idea": _show_idea,
    "vote": _show_vote,
}
