"""The live curves of a training, read from its events as they come."""

from dataclasses import dataclass, field

import streamlit as st

from engine import jobs
from engine.jobs import Job
from pages.ui.frame.i18n import t
from pages.ui.parts import charts, names

LOSS, VALIDATION_LOSS = "loss", "eval_loss"
PREDICTED = "predicted_seconds"
_NOTES = {LOSS: "loss_note", VALIDATION_LOSS: "validation_loss_note"}
# Fewer points than this do not show a trend.
ENOUGH = 5


@dataclass
class Curves:
    """The points of a job so far: metric → step → value; a later attempt overwrites its steps."""

    last: int = 0
    points: dict[str, dict[int, float]] = field(default_factory=dict)
    predicted_seconds: float | None = None

    def follow(self, job_id: str) -> None:
        """Add what happened since the last look."""
        for event in jobs.events(job_id, after=self.last):
            self.last = event.event_id
            if event.name == PREDICTED:
                self.predicted_seconds = event.value
            elif event.kind == "point" and event.value is not None:
                self.points.setdefault(event.name, {})[event.step] = event.value


def read_curves(job: Job) -> Curves:
    """The curves of `job` up to now; only what is new is read."""
    curves: Curves = st.session_state.setdefault(f"curves_{job.job_id}", Curves())
    curves.follow(job.job_id)
    return curves


def show_curves(job: Job) -> None:
    """Loss and metrics by step, each under what it says so far."""
    curves = read_curves(job)
    drawn = {name: dict(sorted(points.items())) for name, points in curves.points.items() if points}
    if not drawn:
        st.caption(t("tune.charts.none"))
        return
    with st.grid(2, min_column_width=320, key=f"curves_{job.job_id}_grid"):
        for name, points in drawn.items():
            with st.container():
                _draw(name, points, f"curve_{job.job_id}_{name}")


def _draw(name: str, points: dict[int, float], key: str) -> None:
    values = list(points.values())
    first, last = values[0], values[-1]
    figures = {"first": f"{first:.3f}", "last": f"{last:.3f}"}
    if name == VALIDATION_LOSS:
        best = min(points, key=lambda step: points[step])
        title = t("tune.charts.validation_loss", best=f"{points[best]:.3f}", at=best)
    elif name == LOSS:
        way = "falls" if last < first else "stays"
        title = t(f"tune.charts.loss_{way if len(values) >= ENOUGH else 'begins'}", **figures)
    else:
        best = max(points, key=lambda step: points[step])
        title = t(
            "tune.charts.metric", name=names.metric(name), best=f"{points[best]:.3f}", at=best
        )
    charts.draw(
        charts.curve(
            {names.metric(name): (list(points), values)},
            x_name=t("tune.charts.step"),
            y_name=names.metric(name),
            markers=len(values) < 30,
        ),
        title=title,
        note=t(f"tune.charts.{_NOTES.get(name, 'metric_note')}"),
        key=key,
    )
