import pandas as pd
import streamlit as st

from engine.errors import InputError
from engine.evaluation.compare import Interval
from engine.evaluation.ranking import JUDGED_ONLY, PRIMARY
from engine.storage.runs import Metrics, Run, list_runs
from engine.storage.workspace import Workspace
from pages.ui.frame import shell
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import charts, download, names, tables
from pages.ui.training.comparison import LETTERS, Comparison, compare, in_run, metrics_of
from pages.ui.training.examples import show_examples
from pages.ui.training.outcome import BOXES, ICONS, interval_text, outcome, show_outcome
from pages.ui.training.systems import bars_of
from pages.ui.training.training_form import choose_task

JUDGED = "judged@10"

current = shell.open_page("compare")


def choose_runs(runs: list[Run]) -> tuple[Run, Run | None]:
    """The training to look at, the newest at first, and another one beside it if wanted."""
    known = {run.run_id: run for run in runs}
    labels = {run_id: names.run(run) for run_id, run in known.items()}
    alone = t("compare.second_none")
    task = runs[0].task
    left, right = st.columns(2, gap="medium")
    with left:
        first = st.selectbox(
            t("compare.run"),
            list(known),
            format_func=labels.__getitem__,
            # Another training that ends becomes the one to look at.
            key=f"first_{task}_{runs[0].run_id}",
            persist_state="session",
        )
    with right:
        second = st.selectbox(
            t("compare.second"),
            [None, *(run_id for run_id in known if run_id != first)],
            format_func=lambda run_id: labels.get(run_id, alone),
            help=t("compare.second_help"),
            key=f"second_{task}_{first}",
        )
    return known[first], known[second] if second else None


def show_nothing(current: Workspace) -> None:
    """What to do while there is no run of this task."""
    with st.container(border=True, key="no_runs"):
        st.markdown(t("compare.none_title"))
        running = shell.running_jobs(current)
        st.markdown(t("compare.running") if running else t("compare.none_text"))
        st.page_link(
            shell.page_file("tune"), label=t("compare.none_link"), icon=shell.ICONS["tune"]
        )


def show_two_outcome(found: Comparison, first: Run, second: Run) -> None:
    """Which of two trainings is better, or that it is unclear."""
    metric = first.primary_metric
    other = in_run(found.heldout, second.recommended, LETTERS[1])
    interval = found.against.get(other, Interval(0.0, 0.0, 0.0))
    values = found.measured["value"]
    said = t(
        f"compare.two.{interval.verdict}",
        metric=names.metric(metric),
        first=f"{values[found.lead]:.3f}",
        second=f"{values[other]:.3f}",
        interval=interval_text(interval),
    )
    box = "better" if interval.verdict != "unclear" else "unclear"
    BOXES[box](escape(said), icon=ICONS[box])


def draw_systems(found: Comparison, metric: str) -> None:
    """Every system with its interval; the title tells whether the lead is beyond doubt."""
    best = found.systems[0]
    unclear = sum(interval.verdict != "better" for interval in found.ahead.values())
    others = len(found.systems) - 1
    code = "bars_close" if unclear else "bars_alone"
    value = found.measured["value"].iloc[0]
    charts.draw(
        bars_of(found.measured, metric, found.lead),
        title=t(
            f"compare.charts.{code}",
            best=names.system(best),
            metric=names.metric(metric),
            value=f"{value:.3f}",
            n=unclear,
            others=others,
        ),
        note=t("compare.charts.bars_note", metric=names.metric(metric)),
        key="systems",
    )


def draw_differences(found: Comparison, metric: str) -> None:
    """The recommended system minus each other one."""
    intervals = {system: found.against[system] for system in found.systems if system != found.lead}
    verdicts = [interval.verdict for interval in intervals.values()]
    counts = {name: verdicts.count(name) for name in ("better", "unclear", "worse")}
    lead = names.system(found.lead)
    code = "forest_all" if counts["better"] == len(verdicts) else "forest_some"
    charts.draw(
        charts.forest(
            [names.system(system) for system in intervals],
            [interval.delta for interval in intervals.values()],
            [interval.low for interval in intervals.values()],
            [interval.high for interval in intervals.values()],
            value_name=t("compare.charts.difference", metric=names.metric(metric)),
        ),
        title=t(f"compare.charts.{code}", system=lead, others=len(verdicts), **counts),
        note=t("compare.charts.forest_note", system=lead, metric=names.metric(metric)),
        key="differences",
    )


def draw_judged(run: Run, metrics: dict[str, Metrics]) -> None:
    """The ranking among judged products alone, and how many were judged."""
    chosen = {name: row for name, row in metrics.items() if JUDGED_ONLY in row}
    if not chosen:
        return
    order = sorted(chosen, key=lambda name: chosen[name][JUDGED_ONLY], reverse=True)
    best = max(chosen, key=lambda name: chosen[name][PRIMARY])
    code = "judged_same" if order[0] == best else "judged_other"
    shares = " · ".join(f"{names.system(name)} {chosen[name][JUDGED]:.0%}" for name in order)
    value = f"{chosen[order[0]][JUDGED_ONLY]:.3f}"
    charts.draw(
        charts.bars(
            [names.system(name) for name in order],
            [chosen[name][JUDGED_ONLY] for name in order],
            value_name=names.metric(JUDGED_ONLY),
            highlight=names.system(run.recommended),
            value_format=".3f",
        ),
        title=t(f"compare.charts.{code}", best=names.system(order[0]), value=value),
        note=t("compare.charts.judged_note", shares=shares),
        key="judged",
    )


def show_metrics(metrics: dict[str, Metrics], metric: str) -> None:
    """Every metric of every system, best first."""
    order = sorted(metrics, key=lambda name: metrics[name].get(metric, 0.0), reverse=True)
    frame = pd.DataFrame([metrics[name] for name in order])
    frame.insert(0, "system", [names.system(name) for name in order])
    labels = {name: names.metric(name) for name in frame.columns[1:]}
    number = st.column_config.NumberColumn
    config = {name: number(text, format="%.3f") for name, text in labels.items()}
    labels["system"] = t("compare.system")
    with st.expander(t("compare.all_metrics"), icon=":material/table_chart:", key="metrics"):
        tables.show(frame, labels=labels, config=config, alt=t("compare.all_metrics"))


def show_settings(first: Run, second: Run | None) -> None:
    """The settings of a training, or those in which two trainings differ."""
    runs = [first] + ([second] if second else [])
    keys = dict.fromkeys(key for run in runs for key in run.config)
    if second is not None:
        keys = {key: None for key in keys if first.config.get(key) != second.config.get(key)}
    with st.expander(t("compare.settings"), icon=":material/settings:", key="settings"):
        if not keys:
            st.caption(t("compare.settings_same"))
            return
        letters = LETTERS if second else ("",)
        columns = {
            letter: [names.choice(key, run.config.get(key, "")) for key in keys]
            for letter, run in zip(letters, runs, strict=True)
        }
        frame = pd.DataFrame({"setting": [names.setting(key) for key in keys]} | columns)
        labels = {letter: t("compare.run_letter", letter=letter).strip() for letter in letters}
        labels["setting"] = t("compare.setting")
        tables.show(frame, labels=labels, alt=t("compare.settings"))


def show_comparison(current: Workspace, first: Run, second: Run | None) -> None:
    """Everything there is to say about one training, or two."""
    try:
        found = compare(current, first, second)
    except InputError as error:
        shell.show_error(error)
        second, found = None, compare(current, first)
    metric = first.primary_metric
    if second is None:
        show_outcome(first)
        metrics, rival = metrics_of(first), outcome(first).baseline
    else:
        show_two_outcome(found, first, second)
        rival = in_run(found.heldout, second.recommended, LETTERS[1])
        metrics = {
            in_run(found.heldout, name, letter): row
            for letter, run in zip(LETTERS, (first, second), strict=True)
            for name, row in metrics_of(run).items()
        }
    st.caption(t("compare.measured", n_test=f"{first.n_test:,}", n_train=f"{first.n_train:,}"))
    with st.grid(2, min_column_width=340, gap="medium", key="charts"):
        with st.container():
            draw_systems(found, metric)
        with st.container():
            draw_differences(found, metric)
        with st.container():
            draw_judged(first, metrics)
    show_examples(current, first.task, found, rival)
    show_metrics(metrics, metric)
    show_settings(first, second)
    download.offer(
        found.heldout,
        t("compare.download"),
        t("compare.file_name", run=first.run_id),
        key="download",
    )


task = choose_task()
runs = list_runs(current, task)
if runs:
    show_comparison(current, *choose_runs(runs))
else:
    show_nothing(current)
