"""The frame around every page: navigation, sidebar, title, guard."""

import copy
import functools
import gc
import itertools
from pathlib import Path
from typing import Any, Literal

import streamlit as st
from streamlit import runtime
from streamlit.navigation.page import Page

from engine import jobs
from engine.errors import InputError
from engine.host import password
from engine.jobs.job import TRAININGS
from engine.settings import home, host_limits
from engine.storage.tidy import tidy_home
from engine.storage.trouble import explained
from engine.storage.workspace import Workspace
from engine.tasks import ENTRIES, TASKS
from pages.ui.frame import account, callbacks, i18n, link, own_words, polling, session
from pages.ui.frame.i18n import escape, t
from pages.ui.frame.room import banner as room_banner
from pages.ui.frame.room import freeze
from pages.ui.frame.room import tab as room_tab

_FRAME = Path(__file__).resolve().parent
_SCRIPTS = _FRAME.parent.parent
_MARK = _FRAME / "mark.svg"
_FRAMED = "framed"
# The exercise of the course that is open in this tab, and its pages; set by the course.
EXERCISE, EXERCISE_PAGES = "exercise", "course_pages"
_ALL_PAGES = "all_pages"

# Where several tasks share a page, the first one sets its icon.
ICONS = {ENTRIES[task].page: f":material/{ENTRIES[task].icon}:" for task in reversed(TASKS)} | {
    "home": ":material/storefront:",
    "data": ":material/table_view:",
    "strategy": ":material/thumb_up:",
    "assistant": ":material/support_agent:",
    "tune": ":material/tune:",
    "compare": ":material/balance:",
    "course": ":material/school:",
    "join": ":material/group_add:",
    "room": ":material/co_present:",
    "stage": ":material/slideshow:",
    "ideas": ":material/lightbulb:",
    "case": ":material/savings:",
    "experiment": ":material/science:",
    "duel": ":material/swords:",
    "report": ":material/summarize:",
    "host": ":material/admin_panel_settings:",
}
SECTIONS: dict[str, tuple[str, ...]] = {
    "course": ("course", "join", "room", "stage"),
    "shop": ("data",),
    "explore": (
        "search",
        "intent",
        "catalog",
        "sentiment",
        "describe",
        "recommend",
        "cross_sell",
        "strategy",
        "assistant",
    ),
    "learn": ("tune", "compare", "duel"),
    "decide": ("ideas", "case", "experiment", "report"),
    "server": ("host",),
}
# Pages of tasks that are not listed above come last.
_LISTED = {"home", *itertools.chain(*SECTIONS.values())}
SECTIONS["explore"] += tuple(page for page in ICONS if page not in _LISTED)


def page_file(page: str) -> str:
    """The script of `page`, as `st.page_link` and `st.switch_page` take it."""
    return f"pages/{page}.py"


def page_of(task: str) -> str:
    """The page where a model of `task` answers."""
    return ENTRIES[task].page


def task_of(page: str) -> str | None:
    """The first task whose model answers on `page`; None for a page of no task."""
    return next((task for task in TASKS if page_of(task) == page), None)


def available(page: str) -> bool:
    """Whether this installation has `page`; the host's is there where it has a password."""
    return _has_script(page) and (page != "host" or password.is_set())


@functools.cache
def _has_script(page: str) -> bool:
    return (_SCRIPTS / f"{page}.py").is_file()


def nav() -> dict[str, list[Page]]:
    """The navigation in the chosen language, by section; short while an exercise is open."""
    sections = {
        t(f"app.sections.{section}"): [
            _page(page, visibility="visible" if _is_listed(page) else "hidden")
            for page in pages
            if available(page)
        ]
        for section, pages in SECTIONS.items()
    }
    sections = {name: pages for name, pages in sections.items() if pages}
    # The first page answers to `/`; the hidden one lets a typed `/home` reach it too.
    first = _page("home", url_path="start", default=True)
    hidden = _page("home", visibility="hidden")
    return {"": [first, hidden]} | sections


def _is_listed(page: str) -> bool:
    """Whether the navigation lists `page`: those of an exercise, or all where they are wanted."""
    pages = st.session_state.get(EXERCISE_PAGES)
    return not pages or page in pages or bool(st.session_state.get(_ALL_PAGES))


def _choose_pages() -> None:
    """The way back to all pages while an exercise keeps the navigation short."""
    if st.session_state.get(EXERCISE_PAGES):
        st.toggle(
            t("app.all_pages"),
            key=_ALL_PAGES,
            help=t("app.all_pages_help"),
            persist_state="session",
        )


def _page(page: str, **options: Any) -> Page:
    # A page of its own for each run: `st.navigation` notes on it whether it may run.
    return copy.copy(_made_page(page, i18n.language(), **options))


# To make them all, Streamlit asks the disk 300 times, and each time other tabs get their turn.
@functools.cache
def _made_page(page: str, _language: str, **options: Any) -> Page:
    return st.Page(
        _SCRIPTS / f"{page}.py",
        title=t(f"app.nav.{page}"),
        icon=ICONS[page],
        help=t(f"app.help.{page}"),
        **options,
    )


def run_frame() -> None:
    """What app.py does on every rerun: page settings, language, navigation, sidebar, page."""
    _configure()
    polling.let_clicks_count_once()
    _tidy_once(home())
    _refuse_too_many_tabs()
    require_frame()
    st.logo(_FRAME / "logo.svg", icon_image=_MARK)
    with st.sidebar:
        i18n.choose_language()
        _choose_pages()
        own_words.translate()
    current = session.workspace()
    place: Literal["sidebar", "hidden"] = "sidebar" if account.is_let_in() else "hidden"
    page = st.navigation(nav(), position=place, expanded=True)
    if not account.may_see(page.url_path, current):
        account.ask_to_sign_in(came_by_link=current is not None)
        return
    account.show_account()
    show_sidebar(current)
    room_banner.show(page.url_path, current)
    if page.url_path not in room_banner.ROOM_PAGES and freeze.holds(current):
        freeze.show()
        return
    try:
        with explained():
            page.run()
        _settle(page.url_path)
    except InputError as error:
        # What can happen to every change: somebody else is loading, the shop was deleted, or the
        # disk is full.
        st.error(escape(error.message(i18n.language())), icon=":material/error:")


def _configure() -> None:
    """Title, icon and layout of the browser's tab; before any `st.navigation`.

    Left to itself, the browser asks Google's servers for the navigation's icon of the page.
    """
    st.set_page_config(page_title="Shoplab", page_icon=_MARK, layout="wide")


@st.cache_resource(show_spinner=False)
def _tidy_once(folder: Path) -> None:
    """Finish, when the server starts, what a kill of the last one left undone."""
    tidy_home(folder)


@st.cache_resource(show_spinner=False)
def _settle(page: str) -> None:
    """Keep Python's collector of cycles from what the first run of a page has loaded.

    Modules and texts stay to the end. Going through all of them took half a second every twenty in
    a workshop, and everybody waited.
    """
    gc.collect()
    gc.freeze()


def _refuse_too_many_tabs() -> None:
    """Stop here if this tab is one more than the host allows."""
    most = host_limits().sessions
    if not st.session_state.get(_FRAMED) and open_tabs() > most:
        st.error(t("app.full_house", most=f"{most:,}"), icon=":material/group_off:")
        st.stop()


def open_tabs() -> int:
    """How many tabs are connected to this server."""
    # Streamlit offers no public way to ask for it, and its tests have a runtime without sessions.
    sessions = getattr(runtime.get_instance(), "_session_mgr", None) if runtime.exists() else None
    return len(sessions.list_active_sessions()) if sessions else 0


def require_frame() -> None:
    """The first line of each page: start over through app.py if Streamlit ran the page without it.

    Until some session has called `st.navigation`, the server discovers pages by itself and runs
    them without the frame: after a fresh start, and when it restarts under an open tab. Even app.py
    then runs as one of those pages, and its widgets would not survive to the next rerun.
    """
    if not st.session_state.get(_FRAMED):
        # The rerun drops the parameters of the link.
        i18n.remember_language()
        link.remember(*room_tab.PARAMETERS)
        session.workspace()
        st.session_state[_FRAMED] = True
        _configure()
        st.navigation(nav(), position="hidden")
        st.rerun()
    callbacks.show_failed()


def heading(page: str) -> None:
    """The title of `page` and a sentence on what it answers."""
    st.title(t(f"{page}.title"), anchor=False)
    st.markdown(t(f"{page}.intro"))


def open_page(page: str, needs: str = "products") -> Workspace:
    """Guard, title and workspace of `page`.

    Without a workspace, or one without the table `needs`, the page says what to do and stops.
    """
    require_frame()
    heading(page)
    if link.was_cut():
        st.warning(t("app.link_cut", most=f"{link.LONGEST:,}"))
    current = session.workspace()
    if current is None or needs not in current.about_tables():
        with st.container(border=True, key="empty_state"):
            st.markdown(t("app.empty.title"))
            st.markdown(t("app.empty.text"))
            with st.container(horizontal=True):
                st.page_link(page_file("home"), label=t("app.empty.home"), icon=ICONS["home"])
                st.page_link(page_file("data"), label=t("app.empty.data"), icon=ICONS["data"])
        st.stop()
    return current


def show_sidebar(current: Workspace | None) -> None:
    """The workspace's name and link, and how many jobs run."""
    with st.sidebar, st.container(key="sidebar_workspace"):
        if current is None:
            st.caption(t("app.sidebar.no_workspace"))
            return
        st.caption(t("app.sidebar.workspace"))
        st.markdown(f"**{escape(current.title or t('app.sidebar.unnamed'))}**")
        with st.popover(t("app.sidebar.share"), icon=":material/link:", width="stretch"):
            st.markdown(t("app.sidebar.share_text"))
            st.code(session.link(current), language=None, wrap_lines=True)
            account.offer_sharing(current)
        running = running_jobs(current)
        if running:
            # Jobs left waiting when the machine went off resume once their workspace is opened.
            jobs.ensure_supervisor()
            st.badge(t("app.sidebar.jobs", n=running), icon=":material/autorenew:", color="blue")


def running_jobs(current: Workspace) -> int:
    """How many trainings of `current` run or wait."""
    listed = jobs.list_jobs(current.name)
    return sum(job.kind in TRAININGS and job.active for job in listed)
