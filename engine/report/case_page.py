"""The business case: what a measured gain may be worth, from which assumptions, and when."""

from engine.case.assumptions import UNITS, Assumptions, Range
from engine.case.breakdown import cumulative_cash, waterfall
from engine.case.gain import Gain
from engine.case.simulation import DRAWS, CaseOutcome, simulate
from engine.case.store import Case
from engine.errors import InputError
from engine.evidence.citation import Citation
from engine.evidence.ledger import cite_run, state
from engine.evidence.words import say_citation, say_metric, say_state
from engine.report.content import Block, Chart, Claim, Page, Series, Table, Text
from engine.report.words import text
from engine.storage.runs import list_runs
from engine.storage.workspace import Workspace


def case_page(workspace: Workspace, case: Case, language: str) -> Page:
    """The page of a saved case. A gain that no longer counts is left out, and shown in grey."""
    gain = case.gain or newest_gain(workspace)
    citation = read_citation(gain)
    holds = citation is None or state(workspace, citation).valid
    counted = gain if holds else None
    outcome = simulate(case.assumptions, counted)
    blocks: list[Block] = [
        _gain_claim(workspace, gain, citation, language),
        _value_claim(outcome, language),
    ]
    if counted is not None and not counted.is_of_sales:
        blocks.append(_link_warning(case.assumptions.link, counted, language))
    blocks += [
        _steps(outcome, language),
        _cash(outcome, language),
        _table(case.assumptions, language),
    ]
    return Page("case", text("case.title", language), tuple(blocks))


def newest_gain(workspace: Workspace) -> Gain | None:
    """What the newest training with a comparison brought, where a case names no gain."""
    for run in list_runs(workspace):
        try:
            citation = cite_run(workspace, run)
        except (KeyError, ValueError):  # a run without a baseline, or with one of no interval
            continue
        if citation.value is not None and citation.low is not None and citation.high is not None:
            return Gain(
                citation.value, citation.low, citation.high, citation.metric, citation.as_json()
            )
    return None


def read_citation(gain: Gain | None) -> Citation | None:
    """Where a gain was measured; None for one that somebody entered."""
    if gain is None or gain.citation is None:
        return None
    try:
        return Citation.from_json(gain.citation)
    except InputError:
        return None


def _gain_claim(
    workspace: Workspace, gain: Gain | None, citation: Citation | None, language: str
) -> Block:
    if gain is None:
        return Text(text("case.no_gain", language))
    values = {
        "metric": say_metric(gain.metric, language),
        "gain": f"{gain.delta:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]",
    }
    if citation is None:
        return Claim(text("case.gain", language, **values), text("case.by_hand", language))
    found = state(workspace, citation)
    source = text("source", language, source=say_citation(citation, language))
    if not found.valid:
        source = f"{say_state(found, language)} {source}"
        return Claim(text("case.lost_gain", language, **values), source, holds=False)
    return Claim(text("case.gain", language, **values), source)


def _value_claim(outcome: CaseOutcome, language: str) -> Claim:
    sentence = text(
        "case.value",
        language,
        months=outcome.months,
        mean=_money(outcome.mean),
        low=_money(outcome.low),
        high=_money(outcome.high),
        loss=f"{outcome.chance_of_loss:.0%}",
    )
    return Claim(sentence, text("case.source", language, draws=f"{DRAWS:,}"))


def _link_warning(link: Range, gain: Gain, language: str) -> Text:
    ends = {"low": f"{link.low:.2%}", "high": f"{link.high:.2%}"}
    metric = say_metric(gain.metric, language)
    return Text(
        text("case.link", language, metric=metric, **ends), text("case.assumption", language)
    )


def _steps(outcome: CaseOutcome, language: str) -> Chart:
    steps = waterfall(outcome)
    names = [text(f"figures.{step.name}", language) for step in steps]
    amounts = [step.amount for step in steps]
    money = text("case.money", language)
    return Chart(
        kind="steps",
        title=text("case.steps", language, mean=_money(outcome.mean), months=outcome.months),
        categories=(*names, text("case.total", language)),
        series=(Series(money, (*amounts, outcome.mean)),),
        value_name=money,
        digits=0,
    )


def _cash(outcome: CaseOutcome, language: str) -> Chart:
    cash = cumulative_cash(outcome)
    code = "never_paid" if cash.payback is None else "paid"
    share = f"{cash.paid_back:.0%}"
    values = {"month": cash.payback, "months": outcome.months, "share": share}
    lines = {"mean": cash.mean, "low": cash.low, "high": cash.high}
    return Chart(
        kind="lines",
        title=text(f"case.{code}", language, **values),
        categories=tuple(str(month) for month in range(outcome.months + 1)),
        series=tuple(
            Series(text(f"case.{name}", language), tuple(map(float, line)))
            for name, line in lines.items()
        ),
        value_name=text("case.cash", language),
        digits=0,
        note=text("case.cash_note", language),
    )


def _table(assumptions: Assumptions, language: str) -> Table:
    rows = [
        (
            text(f"figures.{name}", language),
            *(_figure(name, value) for value in (one.low, one.likely, one.high)),
            text(f"case.sources.{one.source}", language),
        )
        for name, one in assumptions.ranges()
    ]
    head = ("name", "low", "likely", "high", "origin")
    names = tuple(text(f"columns.{name}", language) for name in head)
    return Table(text("case.table", language), names, tuple(rows))


def _figure(name: str, value: float) -> str:
    return f"{value:.2%}" if UNITS[name] == "share" else _money(value)


def _money(value: float) -> str:
    """An amount in the shop's currency, or a count, rounded as suits its size."""
    return f"{value:,.0f}" if abs(value) >= 100 or value == 0 else f"{value:,.2f}"
