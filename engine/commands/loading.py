"""Commands that load a shop's data, or make up a shop.

What takes long to import is imported while a child process parses the first file already.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from engine.commands.arguments import File, WorkspaceName
from engine.errors import InputError
from engine.messages import say
from engine.progress import Lines
from engine.reading.child import parse_ahead
from engine.reading.layout import Place

if TYPE_CHECKING:
    from engine.storage.workspace import Workspace

MOST_DIGITS = 8


def load(
    context: typer.Context,
    workspace: WorkspaceName,
    sample: Annotated[
        Literal["zh", "en"] | None, typer.Option(help="Load this sample shop instead of files.")
    ] = None,
    products: File = None,
    searches: File = None,
    orders: File = None,
    reviews: File = None,
    judgments: File = None,
    maps: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="TABLE.FIELD=COLUMN", help="Which column a field is in."),
    ] = None,
    sheets: Annotated[
        list[str] | None,
        typer.Option("--sheet", metavar="TABLE=NAME", help="Which sheet of a workbook to read."),
    ] = None,
    header_rows: Annotated[
        list[str] | None,
        typer.Option(
            "--header-row", metavar="TABLE=N", help="The row of the column names; 0: none."
        ),
    ] = None,
    skip_bad_rows: Annotated[
        bool, typer.Option("--skip-bad-rows", help="Load the good rows, leave out the others.")
    ] = False,
) -> dict[str, Any]:
    """Load a shop's files, or a sample shop, into a workspace; a missing one is created."""
    options = {
        "products": products,
        "searches": searches,
        "orders": orders,
        "reviews": reviews,
        "judgments": judgments,
    }
    files = {table: path for table, path in options.items() if path is not None}
    columns = _read_maps(maps or [])
    places = _read_places(sheets or [], header_rows or [])
    if sample and (files or columns or places):
        raise InputError("cli.sample_alone")
    if not sample and not files:
        raise InputError("cli.nothing_to_load")
    with _parsing_first(files, places):
        from engine.reading.load import load_files, load_sample

        shop, is_new = _open_or_create(workspace, sample)
        try:
            if sample:
                report = load_sample(shop, sample, Lines())
                # Drawing needs libraries that no other load has to wait for.
                from engine.images.sample_pictures import match_sample_pictures

                match_sample_pictures(shop)
            else:
                report = load_files(shop, files, columns, skip_bad_rows, Lines(), places=places)
        except BaseException:
            if is_new:
                shop.delete()
            raise
    language = report.language or shop.language
    return {"workspace": shop.name, "language": language, **report.as_json(context.obj)}


def ready(context: typer.Context, workspace: WorkspaceName) -> dict[str, Any]:
    """Say for every task whether the data is ready, thin or missing, and what would help."""
    from engine.storage.workspace import Workspace
    from engine.tasks import TASKS, get_task

    tables = Workspace.open(workspace).tables()
    tasks = {}
    for name in TASKS:
        readiness = get_task(name).readiness(tables)
        advice = [
            {"code": code, "message": say(code, context.obj, **params)}
            for code, params in readiness.advice
        ]
        counts = dict(readiness.counts)
        tasks[name] = {"level": readiness.level, "counts": counts, "advice": advice}
    return {"workspace": workspace, "tasks": tasks}


def tables(
    workspace: WorkspaceName,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="The folder to write to.")],
) -> dict[str, Any]:
    """Write every loaded table as Parquet, and tables.json: where each came from."""
    if out.exists() and not out.is_dir():
        raise InputError("cli.not_a_folder", folder=out)
    from engine.storage.export import write_tables
    from engine.storage.workspace import Workspace

    shop = Workspace.open(workspace)
    records = write_tables(shop, out)
    return {"workspace": shop.name, "folder": out, "tables": records}


def simulate(
    context: typer.Context,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The folder to write to.")],
    products: Annotated[int, typer.Option(min=1)] = 1500,
    searches: Annotated[int, typer.Option(min=1, help="Rows of the search log.")] = 20000,
    orders: Annotated[int, typer.Option(min=1)] = 4000,
    reviews: Annotated[int, typer.Option(min=1)] = 5000,
    seed: Annotated[int, typer.Option(min=0)] = 13,
    truth: Annotated[
        bool, typer.Option("--truth", help="Also write judgments.csv: what answers each query.")
    ] = False,
) -> dict[str, Any]:
    """Make up a shop in the language of --language: catalog, search log, orders and reviews."""
    if out.exists() and not out.is_dir():
        raise InputError("cli.not_a_folder", folder=out)
    from engine.simulation.simulate import simulate as write_shop

    write_shop(
        out,
        products=products,
        searches=searches,
        orders=orders,
        reviews=reviews,
        language=context.obj,
        seed=seed,
        truth=truth,
    )
    names = ("products.csv", "searches.csv.gz", "orders.csv", "reviews.csv")
    written = [*names, "judgments.csv"] if truth else [*names]
    files = {
        name.split(".")[0]: {"file": name, "bytes": (out / name).stat().st_size} for name in written
    }
    return {"folder": out, "language": context.obj, "files": files}


def _read_maps(maps: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
    columns: dict[str, dict[str, str]] = defaultdict(dict)
    for option in maps:
        place, equals, column = option.partition("=")
        table, dot, field = place.partition(".")
        if not (equals and dot and table and field):
            raise InputError("cli.bad_map", given=option)
        columns[table][field] = column
    return columns


def _read_places(sheets: Sequence[str], header_rows: Sequence[str]) -> Mapping[str, Place]:
    places: dict[str, Place] = defaultdict(Place)
    for option in sheets:
        table, equals, sheet = option.partition("=")
        if not (equals and table and sheet):
            raise InputError("cli.bad_sheet", given=option)
        places[table] = replace(places[table], sheet=sheet)
    for option in header_rows:
        table, _, number = option.partition("=")
        if not (table and number.isascii() and number.isdigit() and len(number) < MOST_DIGITS):
            raise InputError("cli.bad_header_row", given=option)
        places[table] = replace(places[table], header_row=int(number))
    return places


def _parsing_first(
    files: Mapping[str, Path], places: Mapping[str, Place]
) -> AbstractContextManager[None]:
    """Parse the file in the block that `load_files` reads first, the products if there are some."""
    for table, path in files.items():
        return parse_ahead(path, path.name, replace(places.get(table, Place()), table=table))
    return nullcontext()


def _open_or_create(name: str, language: str | None) -> "tuple[Workspace, bool]":
    from engine.storage.workspace import Workspace

    try:
        return Workspace.open(name), False
    except InputError as error:
        if error.code != "workspace.unknown":
            raise
    return Workspace.create(name, language), True
