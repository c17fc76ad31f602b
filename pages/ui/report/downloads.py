"""The report as files: slides, one page, or Markdown with tables."""

import contextlib
from functools import partial

import streamlit as st

from engine.course import activity
from engine.course.checks.decisions import REPORTED
from engine.errors import ShoplabError
from engine.report.content import Report
from engine.report.writers import MIME, WRITERS
from engine.storage.workspace import Workspace
from pages.ui.frame import person
from pages.ui.frame.i18n import t

_ICONS = {
    ".pptx": ":material/slideshow:",
    ".html": ":material/html:",
    ".zip": ":material/folder_zip:",
}


def make_file(current: Workspace, who: str, suffix: str, report: Report) -> bytes:
    """The report in the format of `suffix`, noted as an act of `who` for the course."""
    content = WRITERS[suffix](report)
    # It is made when the button is pressed, outside the session that `parts.acts` notes for.
    with contextlib.suppress(OSError, ShoplabError):
        activity.note(current, REPORTED, who, format=suffix)
    return content


def show_downloads(current: Workspace, report: Report) -> None:
    """A button for each format; the file is made when it is pressed."""
    with st.container(horizontal=True, key="report_downloads"):
        for suffix in WRITERS:
            st.download_button(
                t(f"report.formats{suffix}"),
                partial(make_file, current, person.current(), suffix, report),
                file_name=t("report.file_name", suffix=suffix),
                mime=MIME[suffix],
                icon=_ICONS[suffix],
                type="primary" if suffix == ".pptx" else "secondary",
                key=f"report{suffix}",
                on_click="ignore",
            )
    st.caption(t("report.formats_about"))
    with st.expander(t("report.command"), icon=":material/terminal:", key="report_command"):
        line = f"python -m engine report {current.name} --out report.pptx"
        st.code(line, language="bash", wrap_lines=True)
