"""Copy from a model server of one's own choice."""

import json
from typing import Any

import streamlit as st

from engine.claims import Fact
from engine.models.endpoint import Endpoint
from engine.storage.workspace import Workspace
from engine.tasks.describe.answers import EXPLAIN, PREDICT
from engine.tasks.describe.brief import fit, read_brief
from engine.tasks.describe.prompts import write_prompt
from pages.ui.describe.texts import recall, remember, show_facts, show_text
from pages.ui.frame import session
from pages.ui.frame.i18n import t
from pages.ui.parts import answers, streaming
from pages.ui.parts.endpoint import choose_endpoint


def show_endpoint(current: Workspace, product_id: str, brief: dict[str, Any]) -> None:
    """Where to ask, and the answer with its claims marked like any other text's."""
    st.markdown(t("describe.endpoint.intro"))
    endpoint = choose_endpoint()
    item = {"product_id": product_id, **brief}
    about = json.dumps([item, endpoint.url, endpoint.model], sort_keys=True)
    kept = f"endpoint {session.data_stamp(current)} {about}"
    if st.button(
        t("describe.endpoint.write"), type="primary", icon=":material/cloud:", key="endpoint_write"
    ):
        remember(kept, _write(current, item, endpoint))
    found = recall(kept)
    if found:
        st.subheader(t("describe.endpoint.answer"), anchor=False)
        show_text(found["text"], "claims_endpoint", listed=True)
        show_facts(found["facts"])


def _write(current: Workspace, item: dict[str, Any], endpoint: Endpoint) -> dict[str, Any] | None:
    """The endpoint's text, checked against the product's facts; None after an error was shown."""
    told = answers.ask(current, EXPLAIN, item)
    if told is None:
        return None
    facts = told.value["facts"]["facts"]
    brief = read_brief(item, current.language)
    messages = write_prompt([Fact(**fact) for fact in facts], brief)
    text = streaming.follow(
        lambda on_text: endpoint.ask(messages, on_text),
        waiting=lambda: t("describe.endpoint.waiting"),
    )
    if text is None:
        return None
    given = item | {"text": fit(text, brief)}
    checked = answers.ask(current, PREDICT, [given])
    if checked is None:
        return None
    return {"text": checked.value[0]["systems"]["given"], "facts": facts}
