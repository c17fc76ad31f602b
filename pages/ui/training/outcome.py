"""The verdict on a training in one sentence: better, unclear or worse, and what to use."""

import streamlit as st

from engine.evaluation.compare import Interval
from engine.messages import engine_catalog
from engine.storage.runs import Run
from engine.tasks import ENTRIES
from engine.training.outcome import Outcome, Tuning, outcome, tuning
from pages.ui.frame import i18n
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import names

FEW_EXAMPLES = 300
BOXES = {"better": st.success, "unclear": st.warning, "worse": st.error, "baseline": st.warning}
ICONS = {
    "better": ":material/trending_up:",
    "unclear": ":material/help:",
    "worse": ":material/trending_down:",
    "baseline": ":material/trending_flat:",
}


def sentence(run: Run) -> str:
    """The outcome of `run` in words; tuning helped where it beats the same without tuning."""
    result, tuned = outcome(run), tuning(run)
    metric = run.primary_metric
    return t(
        f"compare.verdict.{_code(run, result, tuned)}",
        twin=names.system(tuned.twin) if tuned else "",
        tuning=interval_text(tuned.interval) if tuned else "",
        system=names.system(run.recommended),
        baseline=names.system(result.baseline),
        metric=names.metric(metric),
        after=f"{run.after[metric]:.3f}",
        base=f"{run.baselines[result.baseline][metric]:.3f}",
        interval=interval_text(result.interval),
    )


def _code(run: Run, result: Outcome, tuned: Tuning | None) -> str:
    if result.verdict != "better":
        return result.verdict
    if run.recommended in ENTRIES[run.task].untuned_twins.values():
        return "learned"
    if tuned and tuned.interval.verdict != "better":
        return "untuned_as_good"
    return "better_apart" if ENTRIES[run.task].unfair_baselines else "better"


def interval_text(interval: Interval) -> str:
    """A difference and its 95 % interval: `+0.041 [+0.012, +0.070]`."""
    return f"{interval.delta:+.3f} [{interval.low:+.3f}, {interval.high:+.3f}]"


def reasons(run: Run) -> list[str]:
    """Why tuning did not clearly help or may not again, and what a run says about its data."""
    result, tuned = outcome(run), tuning(run)
    texts = []
    if tuned and tuned.may_be_the_seed:
        gain, spread = f"{tuned.interval.delta:+.3f}", f"{tuned.seed_spread:.3f}"
        texts.append(t("compare.because.seed", gain=gain, spread=spread))
    if result.verdict == "unclear":
        texts.append(t("compare.because.interval", n=f"{run.n_test:,}"))
    if result.verdict != "better" and run.n_train < FEW_EXAMPLES:
        texts.append(t("compare.because.few", n=f"{run.n_train:,}"))
    if result.verdict == "worse":
        texts.append(t("compare.because.strong_baseline", baseline=names.system(result.baseline)))
    catalog = engine_catalog().texts[i18n.language()]
    return texts + [catalog[note] for note in run.notes if note in catalog]


def show_outcome(run: Run) -> None:
    """The sentence in a box whose colour and icon say which way it went, and why below it."""
    verdict = outcome(run).verdict
    BOXES[verdict](escape(sentence(run)), icon=ICONS[verdict])
    if texts := reasons(run):
        st.caption(escape(" ".join(texts)))
