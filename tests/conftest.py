"""What all tests share."""

import os

# The test processes, and what they start, share the cores. Threads that wait for each other spin,
# which made whole files take seven times the processor time. Libraries read this as they are first
# imported: so before them, and in the process that starts the others.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import contextlib
import functools
import gc
import signal
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers
from streamlit.components.v2 import manifest_scanner

from engine.errors import ShoplabError
from engine.models.pretrained import fetch
from engine.progress import Silent
from engine.serving import client, process
from engine.settings import PROJECT
from tests.shop_double import FakeModels

# Whether a change broke something, and not chance, is what a run has to say: the same examples
# every time, and none that fails for the time it took. `--hypothesis-profile nightly` draws anew.
_PATIENT = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("fixed", max_examples=100, derandomize=True, database=None, **_PATIENT)
settings.register_profile("nightly", max_examples=1000, derandomize=False, **_PATIENT)
settings.load_profile("fixed")

# The tests' own tiny models lie in folders of their own.
os.environ.setdefault("SHOPLAB_MODEL_FOLDER", "/")
# And their model servers on this machine.
os.environ.setdefault("SHOPLAB_PRIVATE_ENDPOINTS", "1")

# Pages ask the model process beside what they show. Where a test has no double for it, they wait
# for one that never answers: starting the real one takes longer than most tests.
process.SERVER = ("-c", "import sys; sys.stdin.read()")

# Hypothesis also tries the constants of the project's modules, of those that happen to be loaded.
_stands_in_project = providers.is_local_module_file
providers.is_local_module_file = lambda path: (
    not settings.default.derandomize and _stands_in_project(path)
)

# Each AppTest looks through every installed package for components, a quarter of a second that
# finds the same each time.
manifest_scanner.scan_component_manifests = functools.cache(
    manifest_scanner.scan_component_manifests
)

# Collecting loads every library, and all of it stays to the end: the collector of cycles need not
# look at it again and again.
gc.disable()


# The longest files. They begin first: one that began last would leave the other cores idle.
LONGEST = (
    "test_accessibility.py",
    "test_frame.py",
    "test_workshop.py",
    "test_run.py",
    "test_task_contract.py",
    "test_eighth_task.py",
    "test_jobs.py",
    "test_assistant_messages.py",
    "test_search_intent.py",
    "test_pages_frame.py",
    "test_doors.py",
    "test_cli.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.name, len(LONGEST)))


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    gc.freeze()
    gc.enable()


@pytest.fixture
def downloaded(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Gives a real pretrained model's folder, kept between tests; skips where none can be had."""
    shared = os.environ.get("SHOPLAB_MODELS") or str(PROJECT / ".shoplab" / "models")
    monkeypatch.setenv("SHOPLAB_MODELS", shared)

    def get(model_id: str) -> Path:
        try:
            return fetch(model_id, Silent())
        except ShoplabError as error:
            if error.code == "models.unreachable":
                pytest.skip(error.message())
            raise

    return get


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A state folder of its own for one test."""
    monkeypatch.setenv("SHOPLAB_HOME", str(tmp_path / "home"))
    yield tmp_path / "home"
    end_jobs(tmp_path / "home")


@pytest.fixture
def models(home: Path, monkeypatch: pytest.MonkeyPatch) -> FakeModels:
    """Stands where the process that holds the models would answer."""
    fake = FakeModels()
    monkeypatch.setattr(client, "ask", fake.ask)
    monkeypatch.setattr(client, "warm", fake.warm)
    return fake


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a real encoder small enough to be trained in a second."""
    from tests.tiny_shop import tiny_model  # torch is not for every test to wait for

    return tiny_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def small_fits() -> Iterator[None]:
    """Regressions with two penalties to choose from, and rankers of few trees.

    For tests to which it is no matter which one is best.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.models.linear.PENALTIES", (2.0, 32.0))
        patch.setattr("engine.tasks.search.ranker.lambdamart.TREES", 20)
        patch.setattr("engine.tasks.search.ranker.choice.FOLDS", 2)
        yield


def end_jobs(home: Path) -> None:
    """End the supervisor and the workers that a test left behind."""
    pids = []
    if (home / "supervisor.lock").is_file():
        pids.append(int((home / "supervisor.lock").read_text()))
    if (home / "jobs.sqlite").is_file():
        with contextlib.closing(sqlite3.connect(home / "jobs.sqlite")) as connection:
            rows = connection.execute("SELECT pid FROM jobs WHERE pid IS NOT NULL")
            pids += [pid for (pid,) in rows]
    for pid in pids:
        # A number alone may by now be any other process's, and group 1 would mean all processes.
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            ours = psutil.Process(pid).environ().get("SHOPLAB_HOME") == str(home)
            if ours and pid > 1 and os.getpgid(pid) == pid:
                os.killpg(pid, signal.SIGKILL)
