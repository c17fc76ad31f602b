"""What all views of this page share: log, metric, days, and how sure the test has to be."""

from dataclasses import dataclass

import streamlit as st

from engine.errors import InputError
from engine.experiment.bootstrap import Estimate, cluster_bootstrap
from engine.experiment.duration import MOST_DAYS, Trial, trial_of, trials, with_cuped
from engine.experiment.example import example_log
from engine.experiment.metrics import METRICS, available_metrics, measure
from engine.experiment.power import Design
from engine.experiment.shopper_days import ShopperDays, read_shopper_days
from engine.storage.workspace import Workspace
from pages.ui.experiment.wording import value_text
from pages.ui.frame import i18n, session
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import names
from pages.ui.parts.amounts import money, percent

_DAYS = 14
_POWERS = (0.7, 0.8, 0.9, 0.95)
_ALPHAS = (0.01, 0.05, 0.1)


@dataclass(frozen=True)
class Setup:
    """The shop's log (or an example), and the test that is planned on it."""

    current: Workspace
    log: ShopperDays
    is_example: bool
    metric: str
    days: int
    traffic: float
    design: Design
    cuped: bool

    @property
    def trial(self) -> Trial:
        """What a test of so many days shows."""
        return self._adjusted(trial_of(self.log, self.metric, self.days, self.design, self.traffic))

    def trials(self) -> list[Trial]:
        """Tests of other lengths."""
        found = trials(self.log, self.metric, self.design, self.traffic)
        return [self._adjusted(trial) for trial in found]

    @property
    def cap(self) -> float | None:
        """Where the metric's long tail is cut in a test of these days, None for no tail."""
        first = max(self.log.days - self.days, 0)
        return measure(self.log.between(first, self.log.days), self.metric).cap

    def _adjusted(self, trial: Trial) -> Trial:
        return with_cuped(trial, self.design) if self.cuped else trial


def choose_setup(current: Workspace) -> Setup:
    """The controls above all views. An example stands in for a log that says too little."""
    try:
        log, is_example = read_shopper_days(session.tables(current)), False
    except InputError as error:
        log, is_example = example_log(), True
        st.info(t("experiment.example"), icon=":material/science:")
        st.caption(escape(error.message(i18n.language())))
    labels = {name: names.metric(name) for name in available_metrics(log)}
    left, right = st.columns(2, gap="medium")
    with left:
        metric = st.selectbox(
            t("experiment.metric"),
            list(labels),
            format_func=labels.__getitem__,
            help=t("experiment.metric_help"),
            key="experiment_metric",
            persist_state="session",
        )
    with right:
        days = st.slider(
            t("experiment.days"),
            1,
            MOST_DAYS,
            _DAYS,
            help=t("experiment.days_help"),
            key="experiment_days",
            persist_state="session",
        )
    with st.expander(t("experiment.more"), icon=":material/tune:"):
        traffic, design, cuped = _choose_design()
    if metric not in labels:  # it was chosen for other data
        metric = next(iter(labels))
    setup = Setup(current, log, is_example, metric, days, traffic, design, cuped)
    _show_metric(setup)
    return setup


def _choose_design() -> tuple[float, Design, bool]:
    first, second = st.columns(2, gap="medium")
    with first:
        traffic = st.slider(
            t("experiment.traffic"), 5, 100, 100, 5, format="%d%%", key="experiment_traffic"
        )
        treated = st.slider(
            t("experiment.treated"), 5, 95, 50, 5, format="%d%%", key="experiment_treated"
        )
        cuped = st.toggle(
            t("experiment.cuped"), help=t("experiment.cuped_help"), key="experiment_cuped"
        )
    with second:
        power = st.select_slider(
            t("experiment.power"),
            _POWERS,
            0.8,
            format_func=percent,
            help=t("experiment.power_help"),
            key="experiment_power",
        )
        alpha = st.select_slider(
            t("experiment.alpha"),
            _ALPHAS,
            0.05,
            format_func=percent,
            help=t("experiment.alpha_help"),
            key="experiment_alpha",
        )
    return traffic / 100, Design(alpha, power, treated / 100), cuped


def _show_metric(setup: Setup) -> None:
    """The metric in the whole log with its interval, who counts, and where a tail was cut."""
    estimate = (
        _example_estimate(setup.metric)
        if setup.is_example
        else _estimate(setup.current, setup.metric)
    )
    text = t(
        "experiment.now",
        metric=names.metric(setup.metric),
        value=value_text(setup.metric, estimate.value),
        low=value_text(setup.metric, estimate.low),
        high=value_text(setup.metric, estimate.high),
        shoppers=f"{estimate.shoppers:,}",
        days=setup.log.days,
    )
    texts = [text]
    if setup.log.unit != "shopper":
        texts.append(t(f"experiment.units.{setup.log.unit}"))
    if METRICS[setup.metric].capped:
        values = measure(setup.log.between(0, setup.log.days), setup.metric)
        cap, share = money(values.cap or 0.0), percent(values.cut_share)
        texts.append(t("experiment.capped", cap=cap, share=share))
    st.caption(escape(" ".join(texts)))


@session.per_shop(64)
def _estimate(current: Workspace, metric: str) -> Estimate:
    return _measure(read_shopper_days(session.tables(current)), metric)


@st.cache_resource(max_entries=8, show_spinner=False)
def _example_estimate(metric: str) -> Estimate:
    return _measure(example_log(), metric)


def _measure(log: ShopperDays, metric: str) -> Estimate:
    values = measure(log.between(0, log.days), metric)
    return cluster_bootstrap(values.numerator, values.denominator)
