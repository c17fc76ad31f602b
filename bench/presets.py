"""What the quick preset takes, task by task: `python bench/presets.py [TASK …] [--language en|zh]`.

Loads the sample shop into a home of its own and trains every task from the command line, one after
the other, as a user would. Printed for each run: wall time, what was predicted, their ratio, the
processor time of the process with its children, and the wall time of each stage. Without
`--language` both sample shops are tried. Only an idle machine tells the truth about wall time.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from engine.messages import LANGUAGES  # noqa: E402
from engine.tasks import TASKS  # noqa: E402

LIMIT_SECONDS, LIMIT_RATIO = 180, 1.5


@dataclass(frozen=True)
class Training:
    """A training's wall and processor seconds, what was predicted, and the seconds by stage."""

    wall: float
    predicted: float
    processor: float
    stages: dict[str, float]

    @property
    def within(self) -> bool:
        """Whether it held the limit of a quick run, and the prediction."""
        return self.wall <= LIMIT_SECONDS and self.wall <= LIMIT_RATIO * self.predicted


def train(workspace: str, task: str, environment: dict[str, str]) -> Training:
    """Train `task` in `workspace` with the quick preset; raises where the command fails."""
    command = [sys.executable, "-m", "engine", "train", workspace, task, "--json"]
    began = time.monotonic()
    before = _children_seconds()
    stages: defaultdict[str, float] = defaultdict(float)
    with (
        tempfile.TemporaryFile("w+") as out,
        subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=out, stderr=subprocess.PIPE, text=True
        ) as process,
    ):
        assert process.stderr is not None
        stage, since = "start", began
        for line in process.stderr:
            word = line.split(" ")[0].strip()
            if word.isalpha() and word != "step" and word != stage:
                stages[stage] += time.monotonic() - since
                stage, since = word, time.monotonic()
        stages[stage] += time.monotonic() - since
        process.wait()
        out.seek(0)
        text = out.read()
    if process.returncode:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}: {text}")
    wall = time.monotonic() - began
    predicted = float(json.loads(text)["predicted_seconds"])
    return Training(wall, predicted, _children_seconds() - before, dict(stages))


def _children_seconds() -> float:
    times = os.times()
    return times.children_user + times.children_system


def main() -> None:
    """Print a line for every task and sample shop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tasks", nargs="*", default=list(TASKS), metavar="TASK")
    parser.add_argument("--language", choices=LANGUAGES)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {"SHOPLAB_HOME": home}
        for language in [arguments.language] if arguments.language else LANGUAGES:
            load = [sys.executable, "-m", "engine", "load", language, "--sample", language]
            subprocess.run(load, cwd=ROOT, env=environment, check=True, capture_output=True)
            for task in arguments.tasks:
                one = train(language, task, environment)
                stages = ", ".join(f"{name} {wall:.0f}" for name, wall in one.stages.items())
                print(
                    f"| {task} {language} | {one.wall:.0f} | {one.predicted:.0f} | "
                    f"{one.wall / one.predicted:.2f} | {one.processor:.0f} | {stages} | "
                    f"{'yes' if one.within else 'no'} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
