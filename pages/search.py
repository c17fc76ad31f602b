import streamlit as st

from engine.storage.workspace import Workspace
from engine.tasks.search.answers import PREDICT, SearchAnswer, SearchInput
from pages.ui.frame import link, shell, visit
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import answers, query_box, query_suggestions
from pages.ui.parts.runs import choose_run
from pages.ui.search import filters, session_rank
from pages.ui.search.judging import show_judging
from pages.ui.search.many import show_frequent, show_list
from pages.ui.search.systems import MODES, Column, Mode, columns
from pages.ui.search.view import show_columns

VIEWS = ("one", "judge", "many", "list")
SIZES = (5, 10, 20)
MOST = max(*SIZES, session_rank.DEPTH)
UNKNOWN = 0.2  # from this share of unknown pieces on, an encoder guesses


def choose_systems(current: Workspace) -> tuple[Mode, int, str | None]:
    """Which kind of system, how many results, and which run."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="controls"):
        mode = st.segmented_control(
            t("search.mode"),
            MODES,
            default="recommended",
            required=True,
            format_func=lambda name: t(f"search.modes.{name}"),
            help=t("search.mode_help"),
            key="search_mode",
            wrap=True,
            persist_state="session",
        )
        size = st.segmented_control(
            t("search.size"),
            SIZES,
            default=SIZES[1],
            required=True,
            key="search_size",
            persist_state="session",
        )
        run = choose_run(current, "search")
    return mode or "recommended", size or SIZES[1], run.run_id if run else None


def ask(
    current: Workspace, asked: filters.Asked, run_id: str | None, mode: Mode
) -> list[Column] | None:
    """The columns of one query, with how fast they came; None after an error was shown."""
    payload = [SearchInput(asked.text, MOST, tuple(asked.filters))]
    untuned = answers.ask(current, PREDICT, payload)
    if untuned is None:
        return None
    tuned = answers.ask(current, PREDICT, payload, run_id) if run_id else None
    if run_id and tuned is None:
        return None
    query_suggestions.model_is_ready(current, asked.text)
    answers.show_times({"untuned": untuned, "tuned": tuned})
    _warn(tuned.value[0] if tuned else untuned.value[0])
    return columns(untuned.value[0], tuned.value[0] if tuned else None, run_id or "", mode)


def _warn(answer: SearchAnswer) -> None:
    if answer.unknown_share >= UNKNOWN:
        st.warning(
            t("search.unknown", share=f"{answer.unknown_share:.0%}"), icon=":material/translate:"
        )


def show_one(
    view: str, current: Workspace, query: str, choice: tuple[Mode, int, str | None]
) -> None:
    """The views of one query."""
    mode, size, run_id = choice
    if not query:
        with st.container(border=True, key="no_query"):
            st.markdown(f"**{t('search.empty.title')}**")
            st.markdown(t("search.empty.text"))
        return
    if view == "one":
        asked = filters.choose_filters(current, query)
        found = ask(current, asked, run_id, mode)
        if found is not None:
            show_columns(current, asked.text, session_rank.follow(current, found, size), size)
        return
    # What is judged is how well the whole query is answered, by systems that nobody's clicks moved.
    found = ask(current, filters.Asked(query, []), run_id, mode)
    if found is not None:
        st.subheader(t("search.judging.title", query=escape(query)), anchor=False)
        show_judging(current, query, found)


link.remember(query_box.KEY, visit.KEY)
workspace = shell.open_page("search")
filters.prepare(workspace)
typed = query_box.ask_for_query(workspace, t("search.placeholder"))
chosen = choose_systems(workspace)
labels = [t(f"search.views.{name}") for name in VIEWS]
tabs = dict(zip(VIEWS, st.tabs(labels, key="search_view", on_change="rerun"), strict=True))
for name, tab in tabs.items():
    if tab.open:
        with tab:
            if name in ("one", "judge"):
                show_one(name, workspace, typed, chosen)
            elif name == "many":
                show_frequent(workspace, chosen[2], chosen[0])
            else:
                show_list(workspace, chosen[2], chosen[0])
