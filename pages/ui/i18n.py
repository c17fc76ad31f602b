"""The pages' texts in the language this visitor chose."""

import functools
import re
from pathlib import Path

import streamlit as st

from engine.messages import DEFAULT_LANGUAGE, LANGUAGES, Catalog

KEY = "lang"
NAMES = {"zh": "中文", "en": "English"}
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&])")


@functools.cache
def catalog() -> Catalog:
    """The texts of all pages: `<page>.<key>` from `locales/{en,zh}/<page>.toml`."""
    return Catalog(Path(__file__).parent / "locales")


def browser_language() -> str:
    """The language the browser asks for: Chinese for any kind of Chinese, else English."""
    locale = st.context.locale or ""
    return "zh" if locale.lower().startswith("zh") else DEFAULT_LANGUAGE


def language() -> str:
    """The chosen language."""
    chosen = st.session_state.get(KEY)
    return chosen if chosen in LANGUAGES else browser_language()


def choose_language() -> None:
    """Show the language control; the choice travels in the link as `?lang=`."""
    st.segmented_control(
        f"{NAMES['en']} / {NAMES['zh']}",
        LANGUAGES,
        default=browser_language(),
        required=True,
        format_func=NAMES.__getitem__,
        key=KEY,
        bind="query-params",
        label_visibility="collapsed",
        width="stretch",
    )


def t(code: str, **params: object) -> str:
    """The text of `code` in the chosen language, its placeholders filled.

    What a user brought (titles, queries, file and column names) goes through `escape` first when
    the text is shown where Streamlit reads Markdown.
    """
    return catalog().say(code, language(), **params)


def escape(text: object) -> str:
    """`text` so that Streamlit's Markdown shows it letter by letter."""
    return _MARKDOWN.sub(r"\\\1", " ".join(str(text).split()))
