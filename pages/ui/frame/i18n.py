"""The pages' texts in the language this visitor chose."""

import functools
import re
from pathlib import Path

import streamlit as st

from engine.messages import DEFAULT_LANGUAGE, LANGUAGES, Catalog

KEY = "lang"
NAMES = {"zh": "中文", "en": "English"}
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&])")
# Streamlit's Markdown makes links of what looks like an address, even of escaped signs, so a mark
# without width (the word joiner) parts it.
_ADDRESS = re.compile(r"https?:(?=//)|www(?=\.)|@", re.IGNORECASE)


@functools.cache
def catalog() -> Catalog:
    """The texts of all pages, each in `en.toml` and `zh.toml` of its page's folder."""
    return Catalog(Path(__file__).parent.parent)


def language() -> str:
    """The chosen language; before a choice, the one in the link, then the browser's own."""
    chosen = st.session_state.get(KEY) or st.query_params.get(KEY)
    if chosen in LANGUAGES:
        return chosen
    locale = st.context.locale or ""
    return "zh" if locale.lower().startswith("zh") else DEFAULT_LANGUAGE


def remember_language() -> None:
    """Keep the language in the session: a link's `?lang=` does not outlive the first rerun."""
    st.session_state[KEY] = language()


def choose_language() -> None:
    """Show the language control; the choice travels in the link as `?lang=`.

    The control is not bound to the link by Streamlit: its binding loses a link's value when the
    first rerun comes from the guard of `pages.ui.frame.shell`.
    """
    if st.session_state.get(KEY) not in LANGUAGES:
        remember_language()
    st.segmented_control(
        f"{NAMES['en']} / {NAMES['zh']}",
        LANGUAGES,
        required=True,
        format_func=NAMES.__getitem__,
        key=KEY,
        label_visibility="collapsed",
        width="stretch",
    )
    if st.query_params.get(KEY) != language():
        st.query_params[KEY] = language()


def t(code: str, **params: object) -> str:
    """The text of `code` in the chosen language, its placeholders filled.

    What a user brought (titles, queries, file and column names) goes through `escape` first when
    the text is shown where Streamlit reads Markdown.
    """
    return catalog().say(code, language(), **params)


def escape(text: object) -> str:
    """`text` such that Streamlit's Markdown shows it as it is, addresses as no links."""
    parted = _ADDRESS.sub("\\g<0>\u2060", " ".join(str(text).split()))
    return _MARKDOWN.sub(r"\\\1", parted)
