"""Terms of the glossary, explained where they stand on a page."""

import streamlit as st

from engine.course.glossary import Term, read_terms
from pages.ui.frame.i18n import language, t

# The term of each metric, by the last part of its name.
METRICS = {
    "ndcg@10": "ndcg",
    "ndcg@10_judged": "ndcg",
    "mrr@10": "mrr",
    "recall@50": "recall",
    "hr@10": "hit_rate",
    "macro_f1": "macro_f1",
    "auc": "auc",
    "ece": "calibration_error",
    "log_loss": "log_loss",
    "rouge_l": "rouge_l",
}


def term(key: str) -> Term | None:
    """The term in the visitor's language; None for one that the glossary does not hold."""
    return read_terms(language()).get(key)


def of_metric(name: str) -> Term | None:
    """The term that explains a metric, whichever head it belongs to."""
    return term(METRICS.get(name.rpartition(".")[2], ""))


def help_text(*keys: str) -> str | None:
    """The explanations of terms for the `help` of a widget; None where there are none."""
    terms = [one for one in map(term, keys) if one is not None]
    return "\n\n".join(_line(one) for one in terms) or None


def metric_help(name: str) -> str | None:
    """The explanation of a metric for the `help` of a widget or column."""
    explained = of_metric(name)
    return _line(explained) if explained else None


def explain(*keys: str, key: str) -> None:
    """A button that opens the explanations of terms, and of those that they name."""
    terms = {one.key: one for one in map(term, keys) if one is not None}
    for one in list(terms.values()):
        terms |= {other.key: other for other in map(term, one.see) if other is not None}
    if terms:
        with st.popover(t("terms.open"), icon=":material/menu_book:", type="tertiary", key=key):
            for one in terms.values():
                st.markdown(_line(one))


def _line(one: Term) -> str:
    return f"**{one.name}**: {one.text}"
