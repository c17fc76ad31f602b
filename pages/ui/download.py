"""Downloads that a spreadsheet opens safely."""

import pandas as pd
import streamlit as st

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """`frame` as CSV for Excel: UTF-8 with a byte order mark.

    A text cell or column name that a spreadsheet would read as a formula gets a leading
    apostrophe, as OWASP advises against CSV injection; numbers stay numbers.
    """
    safe = frame.apply(lambda column: column.map(_disarm)).rename(columns=_disarm)
    return safe.to_csv(index=False).encode("utf-8-sig")


def _disarm(value: object) -> object:
    if isinstance(value, str) and value.lstrip(" ").startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value


def offer(frame: pd.DataFrame, label: str, file_name: str, key: str) -> None:
    """A button that downloads `frame`; the file is made when it is pressed."""
    st.download_button(
        label,
        lambda: csv_bytes(frame),
        file_name=file_name,
        mime="text/csv",
        icon=":material/download:",
        key=key,
        on_click="ignore",
    )
