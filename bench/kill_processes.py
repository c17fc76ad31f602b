"""Kills of what runs for long: the server, the model process, the supervisor and its workers."""

import asyncio
import json
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from random import Random

import psutil

from bench import app_server, tabs
from bench.app_server import AppServer
from bench.kill_work import PATIENCE, Missed, check, lives, wait_for
from bench.tabs import Runs, Tab
from engine.jobs.queue import ensure_supervisor, get_job, submit
from engine.serving import client
from engine.serving.question import Question
from engine.storage.runs import list_runs
from engine.storage.workspace import Workspace
from engine.tasks.intent.answers import PREDICT, IntentInput
from tests.tiny_shop import tiny_model, tiny_settings, tiny_workspace

# A job that was killed more often has failed.
KILLS_OF_JOB = 2
# Kills come at a random moment of so many seconds, in which most of a tiny training takes place.
MOMENTS = 20.0
SHOP = "tiny"


class ProcessKills:
    """Kills of the processes of one state folder, while a tiny shop learns and is asked."""

    def __init__(self, draw: Random, folder: Path) -> None:
        self._draw = draw
        self._home = folder / "home"
        self._numbers = count()
        self._lock = self._home / "supervisor.lock"
        self._server = AppServer(self._home)
        # The jobs that were begun, and how often each was killed.
        self.jobs: dict[str, int] = {}
        self.unanswered = 0
        # What is late on a busy machine is not stuck.
        tabs.PATIENCE_SECONDS = app_server.START_SECONDS = client.START_SECONDS = PATIENCE
        tiny_workspace(SHOP)
        self._settings = tiny_settings("intent", tiny_model(folder))

    def kinds(self) -> dict[str, Callable[[], None]]:
        """What can be killed, by name. Each raises Fault, or Missed for one that came too late."""
        return {
            "supervisor": self._supervisor,
            "runner": self._runner,
            "model process": self._model_process,
            "server": self._app,
        }

    def _supervisor(self) -> None:
        """A new one takes over; the jobs are counted at the end."""
        self._job()
        try:
            process = psutil.Process(self._supervise())
        except psutil.NoSuchProcess as error:  # it is just ending
            raise Missed from error
        time.sleep(self._draw.uniform(0, 3))
        process.kill()
        wait_for(lambda: not lives(process), "a killed supervisor")
        wait_for(lambda: self._supervise() != process.pid, "the supervisor's lock")

    def _supervise(self) -> int:
        """Start a supervisor where none runs, as every page does again and again; its id.

        Once is not enough: the last threads of one that was killed may hold its lock for a moment.
        """
        ensure_supervisor()
        return self._supervisor_id()

    def _runner(self) -> None:
        """Its job goes on by itself; the jobs are counted at the end."""
        job = self._job()
        wait_for(lambda: self._supervise() and self._has_begun(job), f"job {job}")
        time.sleep(self._draw.uniform(0, MOMENTS))
        now = get_job(job)
        if now.state != "running" or not now.pid:
            raise Missed
        with suppress(ProcessLookupError):
            os.killpg(now.pid, signal.SIGKILL)
        self.jobs[job] += 1

    def _has_begun(self, job: str) -> bool:
        now = get_job(job)
        return now.pid is not None or not now.active

    def _job(self) -> str:
        """A training that may still be killed."""
        for job, kills in self.jobs.items():
            if get_job(job).active and kills < KILLS_OF_JOB:
                return job
        # With a seed of its own, since what was trained once is not trained again.
        settings = self._settings | {"seed": next(self._numbers)}
        job = submit(SHOP, "intent", settings)
        self.jobs[job] = 0
        return job

    def _model_process(self) -> None:
        """The question that was being answered is answered, by the next process if need be."""
        answers: list[object] = []
        question = Question(SHOP, PREDICT, [IntentInput(f"cheap red mug {next(self._numbers)}")])

        def ask() -> None:
            with suppress(Exception):
                answers.append(client.ask(question, PATIENCE))

        asking = threading.Thread(target=ask)
        client.start()
        asking.start()
        time.sleep(self._draw.uniform(0, 3))
        # The one that answers, or the parent that forks it anew.
        process = self._draw.choice(_model_processes())
        process.kill()
        wait_for(lambda: not lives(process), "a killed model process")
        asking.join(PATIENCE)
        if not answers:
            self.unanswered += 1
            check(client.ask(question, PATIENCE), "a question without an answer")

    def _app(self) -> None:
        """What it started ends with it but for the supervisor, and the next one opens the shop."""
        self._server.start()
        assert self._server.process is not None
        process = psutil.Process(self._server.process.pid)
        # Nobody waits for this tab: when the server dies, it hears nothing any more.
        query = f"mug {next(self._numbers)}"
        threading.Thread(target=self._open_page, args=(query,), daemon=True).start()
        time.sleep(self._draw.uniform(0, 6))
        children = process.children(recursive=True)
        self._server.stop()
        keep = {self._supervisor_id(), *(get_job(job).pid for job in self.jobs)}
        for child in children:
            if child.pid not in keep:
                wait_for(lambda: not lives(child), f"a child of the server: {child}")  # noqa: B023
        self._server.start()
        errors = self._open_page("mug")
        self._server.stop()
        check(errors == [], f"the next server: {errors}")

    def _open_page(self, query: str) -> list[str] | None:
        """Search in the shop from a tab; the errors that it showed, None if the server died."""
        runs = Runs()

        async def look() -> None:
            link = {"w": Workspace.open(SHOP).key, "q": query}
            async with Tab(self._server.url, "search", link, runs, {}):
                pass

        try:
            asyncio.run(asyncio.wait_for(look(), PATIENCE))
        except Exception:
            return None
        return runs.errors

    def _supervisor_id(self) -> int:
        with suppress(FileNotFoundError, ValueError):
            return int(self._lock.read_text())
        return 0

    def end(self) -> None:
        """Every training that was begun is done and its run is there. Raises Fault."""
        for job in self.jobs:
            wait_for(lambda: self._supervise() and not get_job(job).active, f"job {job}")  # noqa: B023
            check(get_job(job).state == "done", f"job {job}: {json.dumps(get_job(job).reason)}")
        runs = {run.run_id for run in list_runs(Workspace.open(SHOP))}
        check(set(self.jobs) <= runs, "a run was lost")
        client.stop()
        with suppress(psutil.Error):
            if pid := self._supervisor_id():
                psutil.Process(pid).kill()


def _model_processes() -> list[psutil.Process]:
    """Those that this process has started. Raises Missed while there are none."""
    children = psutil.Process().children(recursive=True)
    models = [child for child in children if "engine.serving.server" in child.cmdline()]
    if not models:
        raise Missed
    return models
