"""The planned experiment: what it can show after how many days, and what a finished one said."""

from engine.evidence.data_history import current_fingerprint
from engine.experiment.plan import Plan
from engine.experiment.store import KeptResult, PlanStore
from engine.report.content import Block, Claim, Page, Table, Text
from engine.report.words import day, text
from engine.storage.workspace import Workspace


def plan_page(workspace: Workspace, plan: Plan, language: str) -> Page:
    """The page of a saved plan, with the result of the finished test if one was kept."""
    blocks: list[Block] = []
    if plan.hypothesis:
        blocks.append(Text(plan.hypothesis, text("plan.hypothesis", language)))
    blocks.append(_promise(workspace, plan, language))
    if plan.guardrails:
        blocks.append(_guardrails(plan, language))
    blocks.append(_settings(plan, language))
    kept = PlanStore(workspace).result()
    if kept is not None:
        blocks.append(_result(kept, language))
    return Page("plan", text("plan.title", language), tuple(blocks))


def _promise(workspace: Workspace, plan: Plan, language: str) -> Claim:
    sentence = text(
        "plan.promise",
        language,
        days=plan.days,
        shoppers=f"{plan.shoppers:,}",
        metric=text(f"metrics.{plan.metric}", language),
        effect=f"{plan.effect:.1%}",
        power=f"{plan.design.power:.0%}",
    )
    values = {"fingerprint": plan.data_fingerprint, "day": day(plan.created)}
    source = text("plan.source", language, **values)
    holds = plan.data_fingerprint == current_fingerprint(workspace)
    if not holds:
        source = f"{text('plan.changed', language)} {source}"
    return Claim(sentence, source, holds=holds)


def _guardrails(plan: Plan, language: str) -> Table:
    rows = [
        (text(f"metrics.{one.metric}", language), f"-{one.margin:.1%}", f"-{one.shown:.1%}")
        for one in plan.guardrails
    ]
    head = tuple(text(f"columns.{name}", language) for name in ("metric", "margin", "shown"))
    return Table(text("plan.guardrails", language), head, tuple(rows))


def _settings(plan: Plan, language: str) -> Table:
    values = {
        "baseline": f"{plan.baseline:.4g}",
        "traffic": f"{plan.traffic:.0%}",
        "treated": f"{plan.design.treated:.0%}",
        "alpha": f"{plan.design.alpha:.0%}",
        "looks": text(f"plan.looks.{plan.looks}", language),
        "cuped": f"{plan.cuped:.0%}",
        "cap": f"{plan.cap:,.2f}" if plan.cap is not None else "–",
    }
    rows = [(text(f"plan.settings.{name}", language), value) for name, value in values.items()]
    head = tuple(text(f"columns.{name}", language) for name in ("name", "value"))
    return Table(text("plan.table", language), head, tuple(rows))


def _result(kept: KeptResult, language: str) -> Claim:
    result = kept.result
    ends = (result.difference, result.low, result.high)
    relative = (result.relative, result.relative_low, result.relative_high)
    if result.relative is not None:
        change = "{:+.1%} [{:+.1%}, {:+.1%}]".format(*relative)
    else:
        change = "{:+.4g} [{:+.4g}, {:+.4g}]".format(*ends)
    metric = text(f"metrics.{kept.metric}", language)
    sentence = text(f"plan.result.{result.verdict}", language, metric=metric, change=change)
    return Claim(sentence, text("plan.result_source", language, day=day(kept.created)))
