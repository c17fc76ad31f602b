"""Commands that train several times: how much data is enough, and which settings to choose."""

from typing import Annotated, Any

import typer

from engine.codec import encode
from engine.commands.arguments import Model, Preset, Settings, TaskName, WorkspaceName, read_changes
from engine.progress import Lines
from engine.storage.workspace import Workspace
from engine.tasks import get_task

# Modules that need torch or scipy are imported inside the commands, so that help comes at once.


def curve(
    context: typer.Context,
    workspace: WorkspaceName,
    task: TaskName,
    model: Model = None,
    preset: Preset = None,
    settings: Settings = None,
    seconds: Annotated[
        float, typer.Option("--seconds", min=0, help="Seconds that a label takes a person.")
    ] = 15.0,
    wage: Annotated[
        float, typer.Option("--wage", min=0, help="What an hour of labelling costs.")
    ] = 25.0,
) -> dict[str, Any]:
    """Train on 12, 25, 50 and 100 % of the examples: whether more labels help and pay."""
    changes = read_changes(model, preset, settings)
    shop = Workspace.open(workspace)
    get_task(task)
    from engine.case.from_log import current_assumptions
    from engine.case.label_price import LabellingCost, price_labels
    from engine.case.store import CaseStore
    from engine.training.curve_outcome import CurveOutcome, say_curve
    from engine.training.learning_curve import measure_curve

    measured = measure_curve(shop, task, changes, Lines())
    outcome = CurveOutcome(measured)
    case = CaseStore(shop).read()
    assumptions = current_assumptions(shop.tables(), case.assumptions if case else None)
    price = price_labels(
        outcome.law, measured.primary_metric, assumptions, LabellingCost(seconds, wage)
    )
    return measured.as_json() | {
        "forecast_from_half": encode(outcome.forecast),
        "trend": outcome.law.trend,
        "doubled": encode(outcome.doubled),
        "next_labels": encode(price),
        "summary": say_curve(outcome, context.obj),
    }


def sweep(
    context: typer.Context,
    workspace: WorkspaceName,
    task: TaskName,
    model: Model = None,
    preset: Preset = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=A,B,C", help="A setting with its values; one value stays fixed."
        ),
    ] = None,
) -> dict[str, Any]:
    """Try a few settings, choose on validation, and measure the chosen one on the test once."""
    changes = read_changes(model, preset, settings)
    values = {key: [one.strip() for one in value.split(",")] for key, value in changes.items()}
    grid = {key: several for key, several in values.items() if len(several) > 1}
    fixed = {key: value for key, value in changes.items() if key not in grid}
    shop = Workspace.open(workspace)
    get_task(task)
    from engine.training.sweep import run_sweep
    from engine.training.sweep_outcome import say_sweep

    tried, run = run_sweep(shop, task, fixed, grid, Lines())
    return tried.as_json() | {"summary": say_sweep(tried, context.obj), "run": run.as_json()}
