"""The command that writes a workspace's report."""

from pathlib import Path
from typing import Annotated, Any

import typer

from engine.commands.arguments import WorkspaceName
from engine.storage.workspace import Workspace


def report(
    context: typer.Context,
    workspace: WorkspaceName,
    out: Annotated[
        Path, typer.Option(metavar="FILE", help="What to write: a .pptx, .html or .zip file.")
    ],
    pages: Annotated[
        list[str] | None,
        typer.Option("--page", metavar="KEY", help="Only these pages; may be repeated."),
    ] = None,
) -> dict[str, Any]:
    """Write what was found as slides, as a page, or as Markdown with tables."""
    # The statistics and the slides need libraries that no other command has to wait for.
    from engine.report.build import check_choice
    from engine.report.writers import write_report

    shop = Workspace.open(workspace)
    if pages:
        check_choice(shop, pages, context.obj)
    made = write_report(shop, context.obj, out, pages)
    return {
        "workspace": workspace,
        "file": out,
        "pages": [{"key": page.key, "title": page.title} for page in made.pages],
        "claims": len(made.claims),
    }
