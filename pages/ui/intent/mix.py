"""What shoppers want, over time and in their own words."""

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from engine.storage.workspace import Workspace
from pages.ui.frame.i18n import escape, t
from pages.ui.intent.answers import answer_log, log_times
from pages.ui.parts import charts, names, tables

_WEEKS_FROM_DAYS = 45
_PERIODS = {"day": "D", "week": "W-MON"}
_TOP = 12
_UNSURE = 0.5  # from this share of doubt on, the mix says more about the model than about shoppers
_FEW_PERIODS = 16  # up to which each has its own mark on the axis
_THIN = 0.5  # a period with less than half of the usual searches says little


@dataclass(frozen=True)
class Peak:
    """The part of a mix that rises most above its usual share, and when."""

    name: str
    when: pd.Timestamp
    share: float
    usual: float


def mix(times: pd.DataFrame, labels: pd.Series, period: str) -> pd.DataFrame:
    """Searches per period (rows) and label (columns, the most frequent first).

    `times` are the rows of `searches_by_day`, `labels` the label by key; `period` is `day` or
    `week`, named by its first day. Searches without a label are left out.
    """
    labelled = times.assign(label=times["key"].map(labels)).dropna(subset="label")
    days = labelled["day"].dt.tz_localize(None)
    if period == "week":
        days = days - pd.to_timedelta(days.dt.day_of_week, unit="D")
    counts = labelled.groupby([days, "label"])["searches"].sum().unstack(fill_value=0)
    every = pd.date_range(counts.index.min(), counts.index.max(), freq=_PERIODS[period])
    counts = counts.reindex(every, fill_value=0)
    return counts[counts.sum().sort_values(ascending=False).index]


def find_peak(counts: pd.DataFrame) -> Peak | None:
    """Where a label's share lies most above its median over the periods; None below 3 periods.

    Periods with few searches, often the first and the last, are not looked at.
    """
    total = counts.sum(axis=1)
    enough = counts[total >= _THIN * total.median()]
    if len(enough) < 3:
        return None
    shares = enough.div(enough.sum(axis=1), axis=0)
    above = shares - shares.median()
    name = above.max().idxmax()
    share = shares[name]
    highest = int(above[name].to_numpy().argmax())
    when = pd.Timestamp(share.index[highest])
    return Peak(str(name), when, float(share.iloc[highest]), float(share.median()))


def show_mix(current: Workspace, run_id: str) -> None:
    """The mix of intents over time, then the top queries of each."""
    answered = answer_log(current, run_id)
    if answered is None:
        return
    table, labels = answered
    head = next(iter(labels))
    times = log_times(current)
    if len(times):
        _show_time(times, table, head)
    _show_top(table, head)


def _show_time(times: pd.DataFrame, table: pd.DataFrame, head: str) -> None:
    span = (times["day"].max() - times["day"].min()).days
    usual = "week" if span >= _WEEKS_FROM_DAYS else "day"
    period = st.segmented_control(
        t("intent.mix.period"),
        list(_PERIODS),
        default=usual,
        required=True,
        format_func=lambda name: t(f"intent.mix.periods.{name}"),
        key="mix_period",
    )
    counts = mix(times, table.set_index("key")[head], period or usual)
    peak = find_peak(counts)
    shown = counts.rename(columns=lambda label: names.label("intent", head, label))
    figure = charts.stacked_area(
        shown, x_name=t(f"intent.mix.periods.{period or usual}"), y_name=t("intent.mix.share")
    )
    if len(counts) <= _FEW_PERIODS:
        figure.update_xaxes(tickvals=list(counts.index), tickformat="%m-%d")
    if peak is not None:
        figure.add_vline(x=peak.when, line={"color": charts.GREY, "dash": "dot", "width": 2})
    largest = shown.columns[0]
    share = f"{shown[largest].sum() / shown.to_numpy().sum():.0%}"
    unsure = table.loc[table[f"{head}_unsure"], "count"].sum() / table["count"].sum()
    if unsure > _UNSURE:
        title = t("intent.mix.mostly_unsure", unsure=f"{unsure:.0%}")
    elif peak is None:
        title = t("intent.mix.largest", name=charts.cut(largest), share=share)
    else:
        title = t(
            f"intent.mix.peak_{period or usual}",
            name=charts.cut(names.label("intent", head, peak.name)),
            when=f"{peak.when:%Y-%m-%d}",
            share=f"{peak.share:.0%}",
            usual=f"{peak.usual:.0%}",
        )
    covered = counts.to_numpy().sum() / times["searches"].sum()
    charts.draw(
        figure,
        title=title,
        note=t("intent.mix.note", covered=f"{covered:.0%}", unsure=f"{unsure:.0%}"),
        key="chart_mix",
    )


def _show_top(table: pd.DataFrame, head: str) -> None:
    sums = table.groupby(head)["count"].sum().sort_values(ascending=False)
    chosen = st.pills(
        t("intent.top.choose"),
        sums.index.tolist(),
        default=sums.index[0],
        required=True,
        format_func=lambda label: escape(charts.cut(names.label("intent", head, label))),
        key=f"top_{head}",
        wrap=True,
    )
    label = chosen if chosen in sums.index else sums.index[0]
    rows = table[table[head] == label].sort_values("count", ascending=False)
    top = rows.head(_TOP)
    st.markdown(
        "**"
        + t(
            "intent.top.finding",
            n=len(top),
            share=f"{top['count'].sum() / rows['count'].sum():.0%}",
            different=f"{len(rows):,}",
        )
        + "**"
    )
    columns = ["query", "count", f"{head}_confidence"]
    columns += ["category"] if head != "category" and "category" in table else []
    labels = {name: t(f"intent.columns.{name}") for name in columns}
    tables.show(
        top[columns],
        labels=labels,
        alt=t("intent.top.table"),
        config={
            f"{head}_confidence": st.column_config.ProgressColumn(
                labels[f"{head}_confidence"], format="percent", min_value=0, max_value=1
            )
        },
        key="top_queries",
    )
