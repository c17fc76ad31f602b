"""Loading a shop with its progress on the page, and waking the models for it."""

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import streamlit as st

from engine.course.checks.shop import LOADED, shop_of
from engine.errors import ShoplabError
from engine.images.sample_pictures import drawn_pictures, match_sample_pictures
from engine.progress import Silent
from engine.reading.load import load_sample
from engine.reading.load_report import LoadReport
from engine.serving import client
from engine.storage.workspace import Workspace
from engine.tasks import WARMED
from pages.ui.frame import session
from pages.ui.frame.i18n import t
from pages.ui.parts import acts
from pages.ui.parts.errors import show_error

# Of what a large file takes, reading is so much; the rest is checking its columns.
_READING = 0.6


class Bar(Silent):
    """Reports to a progress bar on the page."""

    def __init__(self) -> None:
        self.bar = st.progress(0.0)
        self.done = self.files = 0
        self.part = 0.0

    def stage(self, name: str, done: int = 0, total: int = 0) -> None:
        """Move the bar; each file of a load counts the same, and a large one in parts."""
        if name == "load":
            self.done, self.files, self.part = done, total, 0.0
        else:
            share = done / total
            self.part = _READING * share if name == "read" else _READING + (1 - _READING) * share
        self.check()

    def check(self) -> None:
        """Show how far the load is, where Streamlit stops it if the user pressed something else."""
        if self.files:
            text = t("app.loading.files", done=self.done, total=self.files)
            self.bar.progress((self.done + self.part) / self.files, text=text)


@contextlib.contextmanager
def shown_status() -> Iterator[None]:
    """A box that says a load is going on; it turns into an error box if the block fails."""
    with st.status(t("app.loading.running"), expanded=True) as status:
        try:
            yield
        except ShoplabError:
            status.update(label=t("app.loading.failed"), state="error")
            raise
        status.update(label=t("app.loading.done"), state="complete")


def load_sample_shop(language: str) -> LoadReport:
    """Load the sample shop of `language` into this tab's workspace, a new one if there is none."""
    current = session.begin(language)
    before = shop_of(current)
    # Importing the model libraries takes seconds, so it runs while the shop loads.
    client.start()
    with shown_status(), ThreadPoolExecutor(1) as beside:
        beside.submit(_draw, language)
        report = load_sample(current, language, Bar())
        acts.note(current, LOADED, shop=language, before=before)
        warm_up(current)
        show_sample_pictures(current)
    return report


def _draw(language: str) -> None:
    with contextlib.suppress(ShoplabError, OSError):
        drawn_pictures(language)


def show_sample_pictures(current: Workspace) -> None:
    """Give a sample shop its pictures, or another shop none of them; without them it works too."""
    with contextlib.suppress(ShoplabError, OSError):
        match_sample_pictures(current)


def undo_load(current: Workspace) -> None:
    """Bring back the tables of before the last load, and a sample shop's pictures with them."""
    current.undo_load()
    if current.sample:
        show_sample_pictures(current)


def try_sample_shop(language: str) -> None:
    """Load the sample shop and show it, or say what went wrong."""
    try:
        load_sample_shop(language)
    except ShoplabError as error:
        show_error(error)
    else:
        st.rerun()


def warm_up(current: Workspace) -> None:
    """Start loading the untuned models in the background, so that the first question is quick.

    A failure only means that the first question waits, and it will say what is wrong.
    """
    with contextlib.suppress(ShoplabError, OSError):
        for task in WARMED:
            client.warm(current.name, task)
