"""A list of queries from a file that someone uploads: one a line, or the column `query`."""

import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from engine.errors import ShoplabError
from engine.reading.layout import Place
from engine.reading.reader import read_table
from engine.storage.scratch import scratch_folder
from pages.ui.frame import upload_limit
from pages.ui.frame.i18n import t
from pages.ui.parts.errors import show_error
from pages.ui.parts.uploads import read_once

MOST = 2000
LONGEST = 200
_LINES = 100_000
_MEGABYTES = 10


def upload(key: str) -> list[str]:
    """The distinct queries of an uploaded CSV or text file, at most `MOST`; empty without one."""
    upload_limit.say_if_full(_MEGABYTES)
    file = st.file_uploader(
        t("queries.upload"),
        type=["csv", "tsv", "txt", "xlsx"],
        max_upload_size=_MEGABYTES,
        help=t("queries.upload_help", most=f"{MOST:,}"),
        key=key,
    )
    if file is None:
        return []
    try:
        queries = read_once(file, read_queries)
    except ShoplabError as error:
        show_error(error)
        return []
    if not queries:
        st.warning(t("queries.none"))
    elif len(queries) > MOST:
        st.warning(t("queries.too_many", most=f"{MOST:,}", rows=f"{len(queries):,}"))
    return queries[:MOST]


def read_queries(file: UploadedFile) -> list[str]:
    """The distinct queries of `file`: the lines of a text, else the column `query` or the first.

    Raises InputError for a file that cannot be read.
    """
    with scratch_folder() as folder:
        path = folder / "queries"
        path.write_bytes(file.getvalue())
        if file.name.lower().endswith(".txt"):
            raw = read_table(path, name=file.name, place=Place(lines=_LINES))
            texts = raw.frame["text"].tolist()
            # The heading of a table that was saved as text.
            texts = texts[1:] if texts and texts[0].strip().lower() == "query" else texts
        else:
            texts = _column(read_table(path, name=file.name).frame)
    queries = (" ".join(text[: 2 * LONGEST].split())[:LONGEST] for text in texts[:_LINES])
    return list(dict.fromkeys(text for text in queries if text))


def _column(frame: pd.DataFrame) -> list[str]:
    names = {str(name).strip().lower(): name for name in frame.columns}
    chosen = names.get("query", frame.columns[0])
    return frame[chosen].dropna().astype(str).tolist()
