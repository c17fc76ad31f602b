"""Commands that take a tuned model home, and bring such a model in."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.commands.arguments import RunId, TaskName, WorkspaceName
from engine.errors import InputError
from engine.model_export.gguf_weights import Weights
from engine.storage.runs import UNTUNED
from engine.storage.workspace import Workspace


def export(
    context: typer.Context,
    workspace: WorkspaceName,
    task: TaskName,
    run: RunId = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The ZIP archive, or GGUF file, to write.")
    ] = None,
    gguf: Annotated[
        Weights | None,
        typer.Option(help="Write a GGUF file of a generator, with weights in this form."),
    ] = None,
    push: Annotated[
        str,
        typer.Option(
            metavar="OWNER/NAME",
            help="Upload it to a private repository of the Hugging Face Hub, with HF_TOKEN.",
        ),
    ] = "",
) -> dict[str, Any]:
    """Write a run's tuned model as a Hugging Face folder or GGUF file that needs no Shoplab."""
    # The cards know every task's claims, which no other command has to wait for.
    from engine.model_export.archive import export_gguf, export_model, push_model

    shop = Workspace.open(workspace)
    if out is None and (gguf or not push):
        raise InputError("cli.missing", name="--out")
    if run == UNTUNED:
        raise InputError("model_export.untuned")
    answer: dict[str, Any] = {"workspace": workspace, "task": task}
    if out is not None:
        if gguf:
            source = export_gguf(shop, task, run, out, gguf, context.obj)
        else:
            source = export_model(shop, task, run, out, context.obj)
        answer |= {"run_id": source.run.run_id, "kind": source.kind, "file": out}
        answer["bytes"] = out.stat().st_size
    if push:
        token = os.environ.get("HF_TOKEN") or sys.stdin.readline().strip()
        if not token:
            raise InputError("model_export.no_token")
        answer["address"] = push_model(shop, task, run, push, token, context.obj)
    return answer


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An archive of a model.")],
    name: Annotated[
        str, typer.Option(help="What to call it; the archive's own name by default.")
    ] = "",
) -> dict[str, Any]:
    """Check a model's archive and make it one that trainings can start from."""
    from engine.model_export.incoming import import_model

    if not file.is_file():
        raise InputError("reader.missing", file=str(file))
    return {"file": file, "model": import_model(file, name)}
