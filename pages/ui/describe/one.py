"""One product's copy: template, untuned and tuned side by side, written before one's eyes."""

import json
from typing import Any

import streamlit as st

from engine.storage.runs import UNTUNED, Run
from engine.storage.workspace import Workspace
from engine.tasks.describe.answers import PREDICT, WRITE
from pages.ui.describe.texts import recall, remember, show_facts, show_system
from pages.ui.frame import session
from pages.ui.frame.i18n import t
from pages.ui.parts import answers, streaming
from pages.ui.parts.runs import invite_to_tune

TEMPLATE = "template"


def show_one(current: Workspace, product_id: str, brief: dict[str, Any], run: Run | None) -> None:
    """The button that starts writing, and the texts once there are some."""
    item = {"product_id": product_id, **brief}
    run_id = run.run_id if run else ""
    kept = f"{session.data_stamp(current)} {run_id} {json.dumps(item, sort_keys=True)}"
    if current.language == "zh" or brief["language"] == "zh":
        st.caption(t("describe.weak_chinese"))
    if st.button(t("describe.write"), type="primary", icon=":material/edit_note:", key="write"):
        remember(kept, _write(current, item, run_id))
    found = recall(kept)
    if not found:
        st.caption(t("describe.write_note"))
        return
    st.markdown(f"**{_finding(found['texts'])}**")
    with st.grid(2, min_column_width=320, gap="large", key="texts"):
        for system, text in found["texts"].items():
            with st.container(key=f"text_{system}"):
                show_system(system, text, f"claims_{system}", listed=True)
        if not run:
            with st.container(key="text_none"):
                invite_to_tune("describe")
    if run:
        _offer_best(current, item, run_id, kept)
    show_facts(found["facts"])


def _write(current: Workspace, item: dict[str, Any], run_id: str) -> dict[str, Any] | None:
    """The texts by system, the template first; None after an error was shown."""
    found: dict[str, Any] = {"texts": {}, "facts": []}
    for whom in (UNTUNED, *([run_id] if run_id else [])):
        st.caption(t(f"describe.writing.{'untuned' if whom == UNTUNED else 'tuned'}"))
        answer = streaming.write(current, WRITE, item, whom)
        if answer is None:
            return None
        systems = dict(answer["systems"])
        found["texts"].setdefault(TEMPLATE, systems.pop(TEMPLATE))
        found["texts"] |= systems
        found["facts"] = answer["facts"]
    return found


def _offer_best(current: Workspace, item: dict[str, Any], run_id: str, kept: str) -> None:
    """The button that has several texts written and the truest chosen."""
    st.caption(t("describe.best_note"))
    if st.button(t("describe.best"), icon=":material/verified:", key="best"):
        answer = answers.ask(current, PREDICT, [item], run_id)
        if answer is None:
            return
        found = recall(kept)
        systems = answer.value[0]["systems"]
        best = {name: text for name, text in systems.items() if name.endswith("_best")}
        remember(kept, found | {"texts": found["texts"] | best})
        st.rerun()


def _finding(texts: dict[str, Any]) -> str:
    """What the marks say of all texts together."""
    wrong = sum(not text["supported"] for text in texts.values())
    code = "all" if not wrong else "some"
    return t(f"describe.findings.{code}", n=len(texts), wrong=wrong)
