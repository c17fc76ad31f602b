"""Copy from a model server of one's own choice."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st

from engine.claims import Fact
from engine.models.endpoint import Endpoint
from engine.storage.workspace import Workspace
from engine.tasks.describe.answers import (
    EXPLAIN,
    GIVEN,
    PREDICT,
    CheckedText,
    CopyInput,
    DescribeInput,
)
from engine.tasks.describe.brief import Brief, fit
from engine.tasks.describe.prompts import write_prompt
from pages.ui.describe.kept import KeptAnswer
from pages.ui.describe.texts import show_facts, show_text
from pages.ui.frame.i18n import t
from pages.ui.parts import answers, streaming
from pages.ui.parts.endpoint import choose_endpoint


@dataclass(frozen=True)
class EndpointText:
    """An endpoint's text, checked against the facts that it was told."""

    text: CheckedText
    facts: Sequence[Fact]


def show_endpoint(current: Workspace, product_id: str, brief: Brief) -> None:
    """Where to ask, and the answer with its claims marked like any other text's."""
    st.markdown(t("describe.endpoint.intro"))
    endpoint = choose_endpoint()
    item = DescribeInput.of(product_id, brief)
    asked = (item, endpoint.url, endpoint.model)
    kept: KeptAnswer[EndpointText] = KeptAnswer(current, "endpoint", *asked)
    if st.button(
        t("describe.endpoint.write"), type="primary", icon=":material/cloud:", key="endpoint_write"
    ):
        kept.put(_write(current, item, brief, endpoint))
    answer = kept.get()
    if answer:
        st.subheader(t("describe.endpoint.answer"), anchor=False)
        show_text(answer.text, "claims_endpoint", listed=True)
        show_facts(answer.facts)


def _write(
    current: Workspace, item: DescribeInput, brief: Brief, endpoint: Endpoint
) -> EndpointText | None:
    """The endpoint's text, checked against the product's facts; None after an error was shown."""
    explanation = answers.ask(current, EXPLAIN, CopyInput(item.product_id))
    if explanation is None:
        return None
    facts = explanation.value.facts
    messages = write_prompt(facts, brief)
    text = streaming.follow(
        lambda on_text: endpoint.ask(messages, on_text),
        waiting=lambda: t("describe.endpoint.waiting"),
    )
    if text is None:
        return None
    checked = answers.ask(current, PREDICT, [replace(item, text=fit(text, brief))])
    if checked is None:
        return None
    return EndpointText(checked.value[0].systems[GIVEN], facts)
