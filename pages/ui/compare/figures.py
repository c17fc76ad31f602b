"""The systems of one training, or two, as charts."""

from engine.evaluation.ranking import JUDGED_ONLY, PRIMARY
from engine.storage.runs import Metrics, Run
from pages.ui.frame.i18n import t
from pages.ui.parts import charts, names
from pages.ui.training.comparison import Comparison
from pages.ui.training.systems import bars_of

JUDGED = "judged@10"


def draw_systems(comparison: Comparison, metric: str) -> None:
    """Every system with its interval; the title says whether its lead is clear."""
    best = comparison.systems[0]
    unclear = sum(interval.verdict != "better" for interval in comparison.ahead.values())
    others = len(comparison.systems) - 1
    code = "bars_close" if unclear else "bars_alone"
    value = comparison.measured["value"].iloc[0]
    charts.draw(
        bars_of(comparison.measured, metric, comparison.lead),
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


def draw_differences(comparison: Comparison, metric: str) -> None:
    """The recommended system's difference from each other one, with intervals."""
    intervals = {
        system: comparison.against[system]
        for system in comparison.systems
        if system != comparison.lead
    }
    verdicts = [interval.verdict for interval in intervals.values()]
    counts = {name: verdicts.count(name) for name in ("better", "unclear", "worse")}
    lead = names.system(comparison.lead)
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
