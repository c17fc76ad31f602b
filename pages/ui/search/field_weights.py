"""Field weights by rule of thumb, beside the learned ones, measured as they are moved."""

from dataclasses import asdict, fields

import streamlit as st

from engine.storage.workspace import Workspace
from engine.tasks.search.answers import MEASURE, FieldWeights, WeightsAnswer
from pages.ui.frame.i18n import t
from pages.ui.parts import answers, charts

NAMES = tuple(one.name for one in fields(FieldWeights))
MOST, STEP = 8.0, 0.25
_MOST_FEATURES = 10


def show_weights(current: Workspace, run_id: str | None) -> None:
    """Sliders, what they do to nDCG@10, and what was learned."""
    st.markdown(t("search.weights.intro"))
    if not run_id:
        st.info(t("search.weights.none"), icon=":material/tune:")
        return
    weights = _choose()
    answer = answers.ask(current, MEASURE, weights, run_id)
    if answer is not None:
        _draw(answer.value)


def _choose() -> FieldWeights:
    with st.grid(4, min_column_width=180, gap="medium", key="field_weights"):
        chosen = {
            name: st.slider(
                t(f"search.weights.{name}"),
                0.0,
                MOST,
                0.0,
                step=STEP,
                key=f"weight_{name}",
                persist_state="session",
            )
            for name in NAMES
        }
    return FieldWeights(**chosen)


def _draw(answer: WeightsAnswer) -> None:
    st.button(
        t("search.weights.reset"),
        icon=":material/model_training:",
        key="weights_learned",
        on_click=_take,
        args=(answer.learned,),
    )
    figures = {
        "yours": answer.ndcg,
        "plain": answer.plain,
        "learned": answer.learned_ndcg,
    }
    charts.draw(
        charts.bars(
            [t(f"search.weights.{name}") for name in figures],
            list(figures.values()),
            value_name="nDCG@10",
            highlight=t("search.weights.yours"),
            value_format=".3f",
        ),
        title=t(
            "search.weights.chart", ndcg=f"{answer.ndcg:.3f}", learned=f"{answer.learned_ndcg:.3f}"
        ),
        note=t("search.weights.note", n=answer.queries),
        key="weights_measured",
    )
    learned = asdict(answer.learned)
    labels = {name: t(f"search.weights.{name}") for name in NAMES}
    charts.draw(
        charts.bars(
            list(labels.values()),
            [learned[name] for name in NAMES],
            value_name=t("search.weights.value"),
            value_format=".2f",
        ),
        title=t("search.weights.weights", feature=labels[max(NAMES, key=lambda n: learned[n])]),
        note=t("search.weights.weights_note"),
        key="weights_learned_chart",
    )
    _draw_importance(answer)


def _draw_importance(answer: WeightsAnswer) -> None:
    """What counts in the recommended order, where it is a learned one."""
    largest = answer.importance[:_MOST_FEATURES]
    if not largest:
        return
    labels = [t(f"search.features.{name}") for name, _ in largest]
    charts.draw(
        charts.bars(
            labels,
            [share for _, share in largest],
            value_name=t("search.weights.share"),
            value_format=".0%",
        ),
        title=t("search.weights.importance", feature=labels[0]),
        note=t("search.weights.importance_note"),
        key="order_importance",
    )


def _take(learned: FieldWeights) -> None:
    for name, value in asdict(learned).items():
        st.session_state[f"weight_{name}"] = value
