"""One product's copy: template, untuned and tuned side by side, written before one's eyes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from engine.claims import Fact, shop_checker
from engine.course.checks.copy import DRAFTED
from engine.storage.runs import UNTUNED, Run, run_id_of
from engine.storage.workspace import Workspace
from engine.tasks.describe.answering import check
from engine.tasks.describe.answers import (
    PREDICT,
    TEMPLATE,
    WRITE,
    CheckedText,
    DescribeInput,
    WriteInput,
)
from engine.tasks.describe.brief import Brief
from engine.tasks.describe.evidence import Evidence, split_facts
from pages.ui.describe.kept import KeptAnswer
from pages.ui.describe.texts import show_facts, show_system, show_text
from pages.ui.frame import session
from pages.ui.frame.i18n import t
from pages.ui.parts import acts, answers, press, streaming
from pages.ui.parts.pictures import beside_picture
from pages.ui.parts.product_card import products
from pages.ui.parts.runs import invite_to_tune


@dataclass(frozen=True)
class ProductTexts:
    """The texts by system, the template first, and the facts that the writers were told."""

    texts: Mapping[str, CheckedText]
    facts: Sequence[Fact]


def show_one(current: Workspace, product_id: str, brief: Brief, run: Run | None) -> None:
    """The button that starts writing, and the texts once there are some."""
    item = WriteInput.of(product_id, brief)
    kept: KeptAnswer[ProductTexts] = KeptAnswer(current, "product", item, run_id_of(run))
    if "zh" in (current.language, brief.language):
        st.caption(t("describe.weak_chinese"))
    if press.button(t("describe.write"), "write", icon=":material/edit_note:", type="primary"):
        kept.put(_write(current, item, run))
    product = kept.get()
    if not product:
        st.caption(t("describe.write_note"))
        _show_own(current, product_id)
        return
    st.markdown(f"**{_finding(product.texts)}**")
    with st.grid(2, min_column_width=320, gap="large", key="texts"):
        for system, text in product.texts.items():
            with st.container(key=f"text_{system}"):
                show_system(system, text, f"claims_{system}", listed=True)
        if not run:
            with st.container(key="text_none"):
                invite_to_tune("describe")
    if run:
        _offer_best(current, DescribeInput.of(product_id, brief), run, kept, product)
    show_facts(product.facts)


def _show_own(current: Workspace, product_id: str) -> None:
    """What the shop itself says of the product today, checked like every other text."""
    row = products(current)[product_id]
    own = row["description"]
    st.subheader(t("describe.own_text"), anchor=False)
    if not isinstance(own, str) or not own.strip():
        st.caption(t("describe.no_own_text"))
        return
    checker = shop_checker(session.tables(current))
    facts, _ = split_facts(checker.facts(product_id))
    with beside_picture(current, product_id):
        show_text(check(own, Evidence(product_id, facts, facts, checker)), "claims_own")


def _write(current: Workspace, item: WriteInput, run: Run | None) -> ProductTexts | None:
    """The template's text, the untuned model's and the run's; None after an error was shown."""
    texts: dict[str, CheckedText] = {}
    facts: Sequence[Fact] = ()
    for place, run_id in {"untuned": UNTUNED, **({"tuned": run.run_id} if run else {})}.items():
        whose = st.empty()
        whose.caption(t(f"describe.writing.{place}"))
        answer = streaming.write(current, WRITE, item, run_id, "write")
        whose.empty()
        if answer is None:
            return None
        texts = {TEMPLATE: answer.systems[TEMPLATE], **texts, **answer.systems}
        facts = answer.facts
    claims = sum(not text.supported for text in texts.values())
    acts.note(current, DRAFTED, product=item.product_id, claims=claims)
    return ProductTexts(texts, facts)


def _offer_best(
    current: Workspace,
    item: DescribeInput,
    run: Run,
    kept: KeptAnswer[ProductTexts],
    product: ProductTexts,
) -> None:
    """The button that has several texts written and the truest chosen."""
    st.caption(t("describe.best_note"))
    if press.button(t("describe.best"), "best", icon=":material/verified:"):
        answer = answers.ask(current, PREDICT, [item], run.run_id, pressed="best")
        if answer is None:
            return
        systems = answer.value[0].systems
        best = {name: text for name, text in systems.items() if name.endswith("_best")}
        kept.put(replace(product, texts={**product.texts, **best}))
        st.rerun()


def _finding(texts: Mapping[str, CheckedText]) -> str:
    """What the marks say of all texts together."""
    wrong = sum(not text.supported for text in texts.values())
    code = "all" if not wrong else "some"
    return t(f"describe.findings.{code}", n=len(texts), wrong=wrong)
