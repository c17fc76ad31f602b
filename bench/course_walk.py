"""The whole course, as a team lives it: `python bench/course_walk.py [--language en|zh]`.

Starts the app with a state folder of its own, loads the sample shop, and does every exercise in a
browser: sees that it is not done yet, follows the links of its steps, does what they say, and sees
every check passed on the page. Printed as JSON, a line an exercise: `seconds` in all, those of
`waiting` for trainings and answers (pauses below three seconds are none), each training's, and the
checks `before` and `after`, and the processor time that the app, its models and trainings used, in
seconds. `--exercises 1,4` does only these; `--home` keeps shop and runs in a folder, where the next
walk finds them. `--runs FOLDER` takes the quick trainings of that folder in place of new ones.
"""

import argparse
import json
import sys
import time
import traceback
from pathlib import Path

from playwright.sync_api import Browser, expect
from playwright.sync_api import Error as PlaywrightError

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from bench.browsing import browse  # noqa: E402
from bench.course_tab import WAIT_MS, Tab  # noqa: E402
from bench.course_work import do_step  # noqa: E402
from bench.decision_walk import load_shop  # noqa: E402
from bench.earlier_runs import EarlierRuns  # noqa: E402
from bench.room_walk import DESK, new_page  # noqa: E402
from engine.course.exercise import Exercise  # noqa: E402
from engine.course.reader import read_exercises  # noqa: E402
from engine.messages import LANGUAGES  # noqa: E402


def shop_in(home: Path, language: str) -> str | None:
    """The key of the workspace with the sample shop of `language`, if a walk has loaded one."""
    for file in sorted(home.glob("workspaces/*/workspace.json")):
        about = json.loads(file.read_text(encoding="utf-8"))
        if about.get("sample", ("", ""))[0] == language:
            return str(about["key"])
    return None


def do_exercise(tab: Tab, exercise: Exercise) -> dict[str, object]:
    """Do one exercise from its first step to its last check; what it took."""
    started = time.monotonic()
    tab.waited, tab.trainings, used = 0.0, [], tab.cpu.look()
    tab.open_exercise(exercise)
    before = tab.checks(exercise)
    for number, step in enumerate(exercise.steps, start=1):
        if number > 1:
            tab.back(exercise)
        do_step(tab, exercise, number, step)
    tab.back(exercise)
    after = tab.checks(exercise)
    return {
        "language": tab.language,
        "exercise": exercise.number,
        "slug": exercise.slug,
        "seconds": round(time.monotonic() - started),
        "waiting": round(tab.waited),
        "trainings": tab.trainings,
        "processor": round(tab.cpu.look() - used),
        "before": [passed for passed, _ in before],
        "after": [passed for passed, _ in after],
        "missing": [text for passed, text in after if not passed],
    }


def walk(
    browser: Browser,
    url: str,
    home: Path,
    language: str,
    numbers: set[int],
    earlier: EarlierRuns | None,
) -> bool:
    """Do the exercises with these numbers; whether each was undone before and done after."""
    page = new_page(browser, language, DESK)
    page.set_default_timeout(WAIT_MS)
    shop = shop_in(home, language) or load_shop(page, url, language)
    tab = Tab(page, url, language, shop, lambda: new_page(browser, language, DESK), home, earlier)
    right = True
    for exercise in read_exercises(language):
        if exercise.number in numbers:
            try:
                row = do_exercise(tab, exercise)
            except (AssertionError, PlaywrightError):
                # The others are worth a look too.
                page.screenshot(path=home / f"failed-{language}-{exercise.number}.png")
                row = {"exercise": exercise.number, "failed": traceback.format_exc(limit=-4)}
            print(json.dumps(row, ensure_ascii=False), flush=True)
            done = row.get("after")
            right = right and isinstance(done, list) and all(done)
    page.context.close()
    return right


def main() -> int:
    """Walk through the course."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--language", choices=LANGUAGES, default="en")
    parser.add_argument("--exercises", default=",".join(map(str, range(1, 15))))
    parser.add_argument("--home", type=Path)
    parser.add_argument("--runs", type=Path)
    options = parser.parse_args()
    numbers = {int(number) for number in options.exercises.split(",")}
    earlier = EarlierRuns(options.runs) if options.runs else None
    expect.set_options(timeout=WAIT_MS)
    with browse(options.home) as (server, browser):
        right = walk(browser, server.url, server.home, options.language, numbers, earlier)
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
