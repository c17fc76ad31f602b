"""The live board: every team on a card, those who need help first, and the queue of trainings."""

import time

import streamlit as st

from engine import jobs
from engine.jobs import Job
from engine.room.people import lower_hands
from engine.room.snapshot import Snapshot, refresh, snapshot_of
from engine.room.standing import Standing, stuck_first
from engine.room.workshop import Stage, Team, Workshop, put_on_stage
from engine.settings import home
from engine.storage.workspace import Workspace
from pages.ui.frame import i18n, session
from pages.ui.frame.callbacks import callback
from pages.ui.frame.i18n import escape, t
from pages.ui.frame.room import tab
from pages.ui.frame.room.clock import POLL_SECONDS
from pages.ui.parts import names

_MOST_FAILED = 3


def show_board(workshop: Workshop) -> None:
    """The board, polled every two seconds."""
    st.fragment(_show, run_every=POLL_SECONDS)(workshop.workshop_id)


def _show(workshop_id: str) -> None:
    snapshot = snapshot_of(workshop_id)
    if snapshot is None:
        return
    now = time.time()
    people = sum(len(one.people) for one in snapshot.standings)
    stuck = sum(one.is_stuck(now) for one in snapshot.standings)
    summary = t("room.board.summary", people=people, teams=len(snapshot.teams), stuck=stuck)
    st.markdown(summary)
    with st.grid(3, min_column_width=300, key="room_board"):
        for standing in stuck_first(snapshot.standings, now):
            with st.container(border=True, height="stretch", key=f"team_{standing.team.team_id}"):
                _show_team(snapshot, standing, now)
    _show_queue(snapshot)


def _show_team(snapshot: Snapshot, standing: Standing, now: float) -> None:
    team = standing.team
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        st.markdown(f"**{escape(team.name)}**", width="content")
        _show_state(standing, now)
    st.caption(
        ", ".join(escape(person.name) for person in standing.people) or t("room.board.nobody")
    )
    _show_exercise(snapshot, standing, now)
    for job in standing.jobs:
        st.badge(_job_text(job), icon=":material/model_training:", color="blue")
    figures = t(
        "room.board.figures",
        done=len(standing.done),
        runs=len(standing.runs),
        ideas=len(standing.ideas),
    )
    st.caption(figures)
    _offer_acts(snapshot.workshop, standing)


def _show_state(standing: Standing, now: float) -> None:
    if standing.hand is not None:
        n = round((now - standing.hand) / 60)
        st.badge(t("room.board.hand", n=n), icon=":material/back_hand:", color="orange")
    elif standing.is_stuck(now):
        n = round(standing.minutes_over(now))
        st.badge(t("room.board.stuck", n=n), icon=":material/hourglass_bottom:", color="red")


def _show_exercise(snapshot: Snapshot, standing: Standing, now: float) -> None:
    exercise = standing.exercise
    if exercise is None:
        st.markdown(t("room.board.no_exercise"))
        return
    st.markdown(
        t(
            "room.board.exercise",
            number=exercise.number,
            title=escape(exercise.title),
            minutes=round(standing.minutes(now)),
        )
    )
    passed = len(standing.results) - len(standing.failed)
    if standing.results:
        text = t("room.board.checks", passed=passed, total=len(standing.results))
        st.progress(passed / len(standing.results), text=text)
    for result in standing.failed[:_MOST_FAILED]:
        st.caption(f":material/close: {escape(result.message.say(i18n.language()))}")
        if result.misconception:
            st.caption(f":material/psychology_alt: {escape(result.misconception)}")


def _job_text(job: Job) -> str:
    state = t(f"room.board.jobs.{job.state}")
    return t("room.board.job", task=names.task(job.task), state=state)


def _offer_acts(workshop: Workshop, standing: Standing) -> None:
    team = standing.team
    with st.container(horizontal=True):
        workspace = Workspace.read(home() / "workspaces" / team.workspace)
        if workspace is not None:
            address = f"{session.link(workspace)}&{tab.LOOK}=1"
            st.link_button(
                t("room.board.look"),
                f"{address}&lang={i18n.language()}",
                icon=":material/visibility:",
            )
        if standing.hand is not None:
            st.button(
                t("room.board.helped"),
                icon=":material/check:",
                key=f"helped_{team.team_id}",
                on_click=callback(_note_help),
                args=(workshop.workshop_id, team.team_id),
            )
        if standing.runs:
            st.button(
                t("room.board.to_stage"),
                icon=":material/slideshow:",
                key=f"stage_{team.team_id}",
                on_click=callback(_put_result),
                args=(workshop.workshop_id, team, standing.runs[0].run_id),
            )


def _note_help(workshop_id: str, team_id: int) -> None:
    lower_hands(team_id)
    refresh(workshop_id)


def _put_result(workshop_id: str, team: Team, run_id: str) -> None:
    put_on_stage(workshop_id, Stage("result", team.team_id, run_id))
    refresh(workshop_id)
    st.toast(t("room.board.on_stage", team=escape(team.name)))


def _show_queue(snapshot: Snapshot) -> None:
    st.header(t("room.board.queue"), anchor=False)
    if snapshot.queue:
        jobs.ensure_supervisor()
    else:
        st.caption(t("room.board.no_queue"))
    by_workspace = {team.workspace: team.name for team in snapshot.teams}
    for place, job in enumerate(snapshot.queue, start=1):
        team = escape(by_workspace.get(job.workspace, ""))
        st.markdown(f"{place}. {team} · {_job_text(job)}")
    if snapshot.ahead:
        st.caption(t("room.board.others", n=snapshot.ahead))
