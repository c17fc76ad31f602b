"""The rules of the house that no linter knows: who may import what, and how big a file may be."""

import ast
import functools
import graphlib
import re
import subprocess
import sys
from collections.abc import Collection, Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from engine.settings import PROJECT
from engine.tasks import TASKS

MOST_LINES = 350
MOST_SCRIPT_LINES = 30
HEAVY = ("torch", "transformers", "sentence_transformers")
# These load objects by running what a file says.
UNSAFE_MODULES = {"pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}
UNSAFE_CALLS = {"eval", "exec"}
UNSAFE_ARGUMENTS = {"unsafe_allow_html", "allow_pickle"}
# The packages of the engine from the ground up: each imports what stands below it and nothing else,
# wherever in the file, for type checkers too.
LAYERS = (
    ("messages",),
    ("errors",),
    ("settings", "config", "progress", "ranking", "addresses"),
    ("codec",),
    ("text",),
    ("tables",),
    ("storage",),
    ("reading",),
    ("labelling", "simulation", "claims", "reviews"),
    ("catalog", "evaluation"),
    ("models",),
    ("retrieval",),
    ("images",),
    ("tasks",),
    ("training", "bandit", "assistant"),
    ("serving",),
    ("experiment", "evidence"),
    ("ideas", "case", "duel"),
    ("report", "model_export"),
    ("jobs",),
    ("course",),
    ("room",),
    ("host",),
    ("benchmarks",),
    ("commands",),
    ("cli",),
)
# What the packages of single tasks share inside engine/tasks.
SHARED_BY_TASKS = {"base", "classify", "cooccurrence", "entry", "readiness", "tiny"}
# What each room that pages share may import; a page's own folder may import all of them.
SHARED = {
    "frame": set(),
    "parts": {"frame"},
    "training": {"frame", "parts"},
    "images": {"frame", "parts"},
}
# What more than one machine needs; everything else has to run without it.
SCALE = ("psycopg", "psycopg_pool", "ray")
# What Shoplab is measured beside; whoever lacks one is told how to get it.
PEERS = ("duckdb", "setfit", "playwright")
# What makes reading faster on some processors.
INT8 = ("openvino",)
NEEDS_SCALE = {"engine.storage.postgres", "engine.storage.moving"}

ENGINE = sorted((PROJECT / "engine").rglob("*.py"))
SCRIPTS = sorted((PROJECT / "pages").glob("*.py"))
PAGES = [PROJECT / "app.py", *sorted((PROJECT / "pages").rglob("*.py"))]
BENCH = sorted((PROJECT / "bench").glob("*.py"))
TESTS = sorted(set((PROJECT / "tests").rglob("*.py")) - {PROJECT / "tests" / "waiting.py"})
# On a busy machine a test that does so fails though nothing is wrong; see tests/waiting.py.
MEASURES_TIME = {"monotonic", "perf_counter", "wait_for_timeout"}


def name_of(file: Path) -> str:
    parts = file.relative_to(PROJECT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(file) for file in (*ENGINE, *PAGES)}


def parse(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def imported(nodes: Iterator[ast.AST]) -> set[str]:
    """The modules that import statements name; our own ones to the file."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            whole = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (whole & MODULES) or {node.module}
    return found


def at_import(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that run when a module is imported, but for what only type checkers read."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            continue
        yield child
        yield from at_import(child)


@functools.cache
def imported_by(file: Path) -> frozenset[str]:
    """The modules that a file imports, wherever in it."""
    return frozenset(imported(ast.walk(parse(file))))


@functools.cache
def needed_by(file: Path) -> frozenset[str]:
    """The modules that a file imports when it is imported itself."""
    return frozenset(imported(at_import(parse(file))))


def top(names: Collection[str]) -> set[str]:
    return {name.split(".")[0] for name in names}


def requirements(name: str) -> list[str]:
    lines = (PROJECT / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.startswith(("#", "-r"))]


def distribution(requirement: str) -> str:
    return canonical(requirement.split("==")[0].split("[")[0])


def canonical(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def test_the_engine_knows_no_streamlit_and_no_page() -> None:
    for file in ENGINE:
        assert not top(imported_by(file)) & {"streamlit", "pages", "app"}, file


def test_no_page_imports_torch_even_through_others() -> None:
    needed = set().union(*(imported_by(file) for file in PAGES))
    # Pages get the tasks by name; supervisor and command line have to start at once as well.
    needed |= {f"engine.tasks.{task}.task" for task in TASKS} | {
        "engine.jobs.supervisor",
        "engine.cli",
        *(name for name in MODULES if name.startswith("engine.commands.")),
    }
    ours = sorted(name for name in needed if top({name}) & {"engine", "pages"})
    assert len(ours) > 20
    code = (
        "import importlib, sys\n"
        f"for name in {ours!r}:\n"
        "    importlib.import_module(name)\n"
        f"    heavy = [module for module in {HEAVY!r} if module in sys.modules]\n"
        "    assert not heavy, f'{name} imports {heavy}'\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_only_what_is_for_several_machines_needs_more_packages() -> None:
    for file in ENGINE:
        if top(needed_by(file)) & set(SCALE):
            assert name_of(file) in NEEDS_SCALE, file
    for file in (*ENGINE, *PAGES):
        assert not needed_by(file) & NEEDS_SCALE or name_of(file) in NEEDS_SCALE


def test_no_module_needs_itself() -> None:
    graph = {name_of(file): needed_by(file) & MODULES for file in ENGINE}
    assert any(graph.values())
    graphlib.TopologicalSorter(graph).prepare()


def packages(file: Path, above: str) -> set[str]:
    """The packages directly below `above` that a file imports from."""
    depth = len(above.split("."))
    names = [name.split(".") for name in imported_by(file)]
    return {n[depth] for n in names if ".".join(n[:depth]) == above and len(n) > depth}


def test_packages_import_only_what_stands_below_them() -> None:
    level = {name: place for place, names in enumerate(LAYERS) for name in names}
    folders = {name_of(file).split(".")[1] for file in ENGINE if name_of(file) != "engine"}
    assert folders - {"__main__"} == set(level)
    for file in ENGINE:
        own = name_of(file).split(".")[1:2]
        if own and own != ["__main__"]:
            for other in packages(file, "engine") - set(own):
                assert level[other] < level[own[0]], f"{file} imports engine.{other}"


def test_a_task_imports_no_other_task() -> None:
    for file in ENGINE:
        parts = name_of(file).split(".")
        if parts[:2] != ["engine", "tasks"] or len(parts) < 3:
            continue
        # Only a module of a package knows the package's own name.
        own = {parts[2]} if file.parent.name != "tasks" else set()
        assert packages(file, "engine.tasks") <= SHARED_BY_TASKS | own, file


def test_files_are_short() -> None:
    lengths = {
        name_of(file): len(file.read_text(encoding="utf-8").splitlines())
        for file in (*ENGINE, *PAGES, *BENCH)
    }
    assert {name: length for name, length in lengths.items() if length > MOST_LINES} == {}


def test_page_scripts_only_put_a_page_together() -> None:
    assert SCRIPTS
    for file in SCRIPTS:
        assert len(file.read_text(encoding="utf-8").splitlines()) <= MOST_SCRIPT_LINES, file


def rooms(file: Path) -> set[str]:
    """The folders of pages/ui that a file imports from, wherever in it."""
    names = [name.split(".") for name in imported_by(file)]
    return {name[2] for name in names if name[:2] == ["pages", "ui"] and len(name) > 2}


def test_a_page_imports_shared_rooms_and_no_other_page() -> None:
    ui = PROJECT / "pages" / "ui"
    scripts = {file.stem: file for file in SCRIPTS}
    folders = {folder.name for folder in ui.iterdir() if (folder / "__init__.py").is_file()}
    assert folders == {*SHARED, *scripts}
    for room in folders:
        allowed = SHARED.get(room, {*SHARED}) | {room}
        files = [*(ui / room).rglob("*.py"), *([scripts[room]] if room in scripts else [])]
        assert files
        for file in files:
            assert rooms(file) <= allowed, file


def test_nothing_runs_or_shows_what_a_file_says() -> None:
    for file in (*ENGINE, *PAGES):
        nodes = list(ast.walk(parse(file)))
        calls = [node for node in nodes if isinstance(node, ast.Call)]
        called = {node.func.id for node in calls if isinstance(node.func, ast.Name)}
        arguments = {keyword.arg for node in calls for keyword in node.keywords}
        assert not top(imported(iter(nodes))) & UNSAFE_MODULES, file
        assert not called & UNSAFE_CALLS, file
        assert not arguments & UNSAFE_ARGUMENTS, file


def test_tests_wait_for_states_and_measure_no_time() -> None:
    assert TESTS
    for file in TESTS:
        nodes = list(ast.walk(parse(file)))
        called = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
        assert not called & MEASURES_TIME, file
        assert "delay" not in {node.arg for node in nodes if isinstance(node, ast.keyword)}, file


@pytest.mark.parametrize(
    "name",
    [
        "requirements.txt",
        "requirements-dev.txt",
        "requirements-scale.txt",
        "requirements-bench.txt",
        "requirements-int8.txt",
    ],
)
def test_requirements_are_pinned(name: str) -> None:
    lines = requirements(name)
    assert lines
    assert all(
        re.fullmatch(r"[A-Za-z0-9_.-]+(\[[a-z,]+\])?==[0-9][\w.]*", line) for line in lines
    ), lines


def test_requirements_are_what_is_imported() -> None:
    known = packages_distributions()
    modules = top(set().union(*(imported_by(file) for file in (*ENGINE, *PAGES))))
    modules -= sys.stdlib_module_names | {"engine", "pages", "app", *SCALE, *PEERS, *INT8}
    used = {canonical(distribution) for module in modules for distribution in known[module]}
    listed = {distribution(line) for line in requirements("requirements.txt")}
    assert used == listed
    scale = {distribution(line) for line in requirements("requirements-scale.txt")}
    assert scale == {canonical(module) for module in SCALE}
    bench = {distribution(line) for line in requirements("requirements-bench.txt")}
    assert bench == {canonical(module) for module in PEERS}
    int8 = {distribution(line) for line in requirements("requirements-int8.txt")}
    assert int8 == {canonical(module) for module in INT8}
