"""How `python -m engine bench` measures a page, on one that only repeats what is typed."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from engine.benchmarks import page

SCRIPT = """
import streamlit as st
st.session_state.runs = st.session_state.get("runs", 0) + 1
st.write(f"run {st.session_state.runs}: {st.text_input('Query', key='q')}")
"""


def test_a_run_is_timed_from_the_key_that_begins_it(
    tmp_path: Path, home: Path, open_tab: Callable[..., Page]
) -> None:
    script = tmp_path / "page.py"
    script.write_text(SCRIPT, encoding="utf-8")
    with page._served(script) as address:
        tab = open_tab(address, at_first=page.NOTE)
        assert page._ask(tab, "red lamp") > 0
        expect(tab.get_by_text("run 2: red lamp")).to_be_visible()
        assert page._run_again(tab) > 0
        expect(tab.get_by_text("run 3: red lamp")).to_be_visible()
