"""How a room of teams is answered: `python bench/room.py [--home DIR] [--shop same|other|tuned]`.

Ten workspaces are asked for products over HTTP, on the socket that the pages use:

- `one`: questions to one workspace alone, one after the other.
- `in_turn`: the workspaces are asked in turn, each question another team's.
- `room`: thirty people in ten teams ask for `--seconds`, each with 4 seconds between two questions;
  `memory_by_minute` is what the model process took meanwhile, for a soak of `--seconds 3600`.
- `room_training`: the same, while one team trains its search on the same processor.
- `room_killed`: the same, while the model process is killed `--kills` times; `back_seconds` is how
  long each time the next question took.

`--shop same` gives every team the sample shop, as in a workshop; with `other` every team has left
out other products, so that nothing but the pretrained model is common to two teams; with `tuned`
each also asks a model of its own. All questions differ, and are asked through `client.ask`. Printed
as JSON: milliseconds `p50`, `p95` and `worst`, errors, and the memory of the model process (`rss`
with the files it maps, `taken` without), in MB. `--home` keeps the shops for the next time.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from engine.models.pretrained import default_encoder, fetch  # noqa: E402
from engine.progress import Lines  # noqa: E402
from engine.reading.load import load_sample  # noqa: E402
from engine.serving import client  # noqa: E402
from engine.serving.question import Question  # noqa: E402
from engine.serving.running import list_running  # noqa: E402
from engine.settings import child_environment, home  # noqa: E402
from engine.storage.runs import UNTUNED, list_runs, run_folder  # noqa: E402
from engine.storage.workspace import Workspace  # noqa: E402
from engine.tasks.search.answers import PREDICT, SearchInput  # noqa: E402
from engine.training.run import train_run  # noqa: E402

TEAMS, PEOPLE = 10, 30
PAUSE_SECONDS = 4.0
# Between two kills of the model process.
QUIET_SECONDS = 15.0
RESULTS = 30
PATIENCE = 900
# How well the tuned model answers makes no difference to how fast.
SMALLEST = {"epochs": 1, "max_examples": 200}


def open_teams(language: str, shop: str) -> list[Workspace]:
    """The teams' workspaces, loaded where they are new."""
    names = {path.name for path in (home() / "workspaces").glob("*")}
    teams = []
    for number in range(TEAMS):
        name = f"{shop}-{language}-{number}"
        if name in names:
            teams.append(Workspace.open(name))
            continue
        team = Workspace.create(name, language)
        load_sample(team, language)
        if shop != "same":
            products = team.tables().products
            team.replace_tables({"products": products.drop(products.index[number::TEAMS])}, {})
        if shop == "tuned":
            _give_run(team, teams)
        teams.append(team)
    return teams


def _give_run(team: Workspace, others: Sequence[Workspace]) -> None:
    """A run for `team`: trained for the first, a copy with weights of its own for the others."""
    if not others:
        train_run(team, "search", SMALLEST, Lines())
        return
    run = list_runs(others[0], "search")[0]
    shutil.copytree(run_folder(others[0], run.run_id), team.folder / "runs" / run.run_id)


def queries(team: Workspace) -> list[str]:
    """Distinct queries of the shop's log, in random order."""
    found = team.tables().searches["query"].drop_duplicates().tolist()
    random.Random(team.name).shuffle(found)
    return found


def summarize(seconds: Sequence[float]) -> dict[str, Any]:
    """Count, median, 95th percentile and worst of times, in milliseconds; of none, the count."""
    if not seconds:
        return {"n": 0}
    p50, p95, worst = 1000 * np.quantile(seconds, [0.5, 0.95, 1.0])
    figures = {"p50": p50, "p95": p95, "worst": worst}
    return {"n": len(seconds)} | {name: round(float(ms), 1) for name, ms in figures.items()}


class Times:
    """The seconds that answers took, from any thread, and the errors."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.errors: list[str] = []

    def ask(self, team: Workspace, query: str, run: str) -> None:
        """Ask once and note the time."""
        started = time.perf_counter()
        try:
            client.ask(Question(team.name, PREDICT, [SearchInput(query, k=RESULTS)], run), PATIENCE)
        except Exception as error:
            self.errors.append(str(error))
        else:
            self.seconds.append(time.perf_counter() - started)

    def as_json(self) -> dict[str, Any]:
        """The figures, in milliseconds."""
        if not self.seconds:
            raise SystemExit(f"nothing was answered: {self.errors[:1]}")
        return summarize(self.seconds) | {
            "errors": len(self.errors),
            "first_error": next(iter(self.errors), ""),
        }


def ask_in_turn(teams: Sequence[Workspace], asked: dict[str, list[str]], n: int) -> Times:
    """Ask `n` questions, each of the next team."""
    times = Times()
    for number in range(n):
        team = teams[number % len(teams)]
        times.ask(team, asked[team.name].pop(), run_of(team))
    return times


def ask_as_room(teams: Sequence[Workspace], asked: dict[str, list[str]], seconds: float) -> Times:
    """Thirty people ask for so long."""
    times, end = Times(), time.monotonic() + seconds

    def person(number: int) -> None:
        team = teams[number % len(teams)]
        pauses = random.Random(number)
        time.sleep(pauses.uniform(0, PAUSE_SECONDS))
        while time.monotonic() < end:
            times.ask(team, asked[team.name].pop(), run_of(team))
            time.sleep(pauses.uniform(0.5, 1.5) * PAUSE_SECONDS)

    people = [threading.Thread(target=person, args=(number,)) for number in range(PEOPLE)]
    for each in people:
        each.start()
    for each in people:
        each.join()
    return times


def kill_in_room(
    teams: Sequence[Workspace], asked: dict[str, list[str]], kills: int
) -> dict[str, Any]:
    """Thirty people ask while the model process is killed again and again."""
    back: list[float] = []

    def kill() -> None:
        for _ in range(kills):
            time.sleep(QUIET_SECONDS)
            for process in list_running():
                psutil.Process(process.pid).kill()
            times = Times()
            times.ask(teams[0], asked[teams[0].name].pop(), run_of(teams[0]))
            back.extend(times.seconds or [float("inf")])

    killer = threading.Thread(target=kill)
    killer.start()
    times = ask_as_room(teams, asked, kills * 2 * QUIET_SECONDS)
    killer.join()
    return times.as_json() | {"back_seconds": [round(one, 1) for one in back]}


def run_of(team: Workspace) -> str:
    """The run that a team asks: its newest, or the untuned model."""
    return next((run.run_id for run in list_runs(team, "search")), UNTUNED)


def memory() -> dict[str, int]:
    """What the model process takes, in MB."""
    about = psutil.Process(list_running()[0].pid).memory_info()
    return {"rss": about.rss // 2**20, "taken": (about.rss - about.shared) // 2**20}


@contextmanager
def memory_by_minute() -> Iterator[list[int]]:
    """What the model process takes, without the files it maps, each minute while the block runs."""
    over, taken = threading.Event(), [memory()["taken"]]

    def watch() -> None:
        while not over.wait(60):
            taken.append(memory()["taken"])

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield taken
    finally:
        over.set()
        watcher.join()


def measure(language: str, shop: str, seconds: float, training: bool, kills: int) -> dict[str, Any]:
    """All figures of one kind of room."""
    fetch(default_encoder(language), Lines())
    teams = open_teams(language, shop)
    asked = {team.name: queries(team) * 4 for team in teams}
    client.start()
    found: dict[str, Any] = {"language": language, "shop": shop}
    started = time.perf_counter()
    ask_in_turn(teams[:1], asked, 3)
    found["first_seconds"] = round(time.perf_counter() - started, 1)
    found["one"] = ask_in_turn(teams[:1], asked, 60).as_json()
    found["memory_one"] = memory()
    ask_in_turn(teams, asked, TEAMS)  # loads what is not in memory
    found["in_turn"] = ask_in_turn(teams, asked, 20 * TEAMS).as_json()
    found["memory_in_turn"] = memory()
    with memory_by_minute() as found["memory_by_minute"]:
        found["room"] = ask_as_room(teams, asked, seconds).as_json()
    if training:
        command = [sys.executable, "-m", "engine", "train", teams[0].name, "search"]
        trainer = subprocess.Popen(
            command, env=child_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(20)  # until it learns, and no longer reads tables
        found["room_training"] = ask_as_room(teams, asked, seconds).as_json()
        found["still_training"] = trainer.poll() is None
        trainer.kill()
    if kills:
        found["room_killed"] = kill_in_room(teams, asked, kills)
    found["memory_room"] = memory()
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--language", default="en", choices=("en", "zh"))
    parser.add_argument("--shop", default="same", choices=("same", "other", "tuned"))
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--training", action="store_true")
    parser.add_argument("--kills", type=int, default=0)
    arguments = parser.parse_args()
    folder = arguments.home or Path(tempfile.mkdtemp())
    os.environ["SHOPLAB_HOME"] = str(folder)
    os.environ.update(child_environment())
    try:
        found = measure(
            arguments.language,
            arguments.shop,
            arguments.seconds,
            arguments.training,
            arguments.kills,
        )
        print(json.dumps(found, ensure_ascii=False))
    finally:
        client.stop()
        if arguments.home is None:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
