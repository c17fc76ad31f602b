"""Opening a workshop, for whoever runs this server."""

from urllib.parse import urlsplit

import streamlit as st

from engine.course.reader import read_exercises
from engine.host import password
from engine.messages import LANGUAGES
from engine.room.agenda import Agenda
from engine.room.opening import MOST_TEAMS, Opening, open_workshop
from engine.room.workshop import Workshop
from engine.settings import may_open_workshops
from engine.storage.labels import LONGEST_LABEL
from engine.storage.workspace import Workspace
from pages.ui.frame import i18n, session
from pages.ui.frame.i18n import escape, t
from pages.ui.frame.room import tab
from pages.ui.parts.errors import shown_errors
from pages.ui.parts.host.door import open_door
from pages.ui.room.agenda_editor import choose_agenda

_LOCAL = ("127.0.0.1", "localhost", "::1")


def ask_opening(closed: Workshop | None) -> None:
    """The form of a new workshop; a facilitator whose workshop is over is told so first."""
    if closed is not None:
        st.info(t("room.opening.over", title=escape(closed.title)), icon=":material/door_front:")
    elif tab.token():
        st.error(t("room.opening.wrong_token"), icon=":material/key_off:")
    if not _may_open():
        return
    st.header(t("room.opening.header"), anchor=False)
    current = session.workspace()
    language = st.segmented_control(
        t("room.opening.language"),
        LANGUAGES,
        default=i18n.language(),
        required=True,
        format_func=i18n.NAMES.__getitem__,
        key="opening_language",
    )
    agenda = choose_agenda(language)
    with st.form("opening"):
        title = st.text_input(t("room.opening.title"), max_chars=LONGEST_LABEL, key="opening_title")
        shop = st.radio(
            t("room.opening.shop"),
            ("sample", "current") if _has_products(current) else ("sample",),
            format_func={
                kind: t(f"room.opening.shops.{kind}") for kind in ("sample", "current")
            }.__getitem__,
            key="opening_shop",
        )
        teams = st.number_input(
            t("room.opening.teams"), 1, MOST_TEAMS, value=10, key="opening_teams"
        )
        address = st.text_input(
            t("room.opening.address"),
            value=_own_address(),
            max_chars=200,
            help=t("room.opening.address_help"),
            key="opening_address",
        )
        pressed = st.form_submit_button(
            t("room.opening.open"),
            type="primary",
            icon=":material/meeting_room:",
            key="opening_go",
        )
    if urlsplit(address).hostname in _LOCAL:
        st.warning(t("room.opening.local"), icon=":material/wifi_off:")
    if pressed:
        with shown_errors(), st.spinner(t("room.opening.copying")):
            _, token = open_workshop(
                Opening(
                    title,
                    language,
                    agenda,
                    _exercises_of(agenda, language),
                    int(teams),
                    address.strip(),
                    current if shop == "current" else None,
                )
            )
            tab.take_token(token)
            st.rerun()


def _may_open() -> bool:
    """Whoever has the host's password; without one, whoever sits at this machine."""
    if password.is_set():
        return open_door()
    if may_open_workshops(session.is_local()):
        return True
    st.info(t("room.opening.closed"), icon=":material/lock:")
    return False


def _exercises_of(agenda: Agenda, language: str) -> list[str]:
    """All exercises, those of the agenda first: a quick team goes on by itself."""
    exercises = read_exercises(language)
    numbers = [box.exercise for box in agenda if box.exercise]
    rest = len(numbers)
    places = {number: place for place, number in enumerate(numbers)}
    ordered = sorted(exercises, key=lambda one: (places.get(one.number, rest), one.number))
    return [one.slug for one in ordered]


def _has_products(current: Workspace | None) -> bool:
    return current is not None and not current.workshop and "products" in current.about_tables()


def _own_address() -> str:
    parts = urlsplit(st.context.url or "")
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else "http://localhost:8501"
