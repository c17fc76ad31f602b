"""A team's browser tab in the course: what a person does on the pages, and how long they wait."""

import contextlib
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from bench.cpu_seconds import CpuSeconds
from bench.earlier_runs import EarlierRuns
from bench.room_walk import DESK
from engine.course.exercise import Exercise, Step
from engine.messages import Catalog, say
from engine.storage.workspace import Workspace

TEXTS = Catalog(Path(__file__).resolve().parent.parent / "pages" / "ui")
WAIT_MS = 180_000
# The first answer on a busy machine, and a training.
SETTLE_MS, TRAINING_SECONDS = 1_800_000, 3_600
# A shorter pause is no waiting.
SHORT_SECONDS = 3.0
# Where the first cell of a data editor's first column is, and how high a row is, in pixels.
FIRST_CELL, ROW, TALL = (60, 52), 35, 2_400
# How long a list of options may take to open, the first times that it is tried.
SHORT_WAITS_MS = (2_000, 4_000, 8_000)


@dataclass
class Tab:
    """The tab of one person of a team, in whose workspace `shop` it is."""

    page: Page
    url: str
    language: str
    shop: str
    new_page: Callable[[], Page]
    home: Path
    earlier: EarlierRuns | None = None
    waited: float = 0.0
    trainings: list[float] = field(default_factory=list)
    trained: set[str] = field(default_factory=set)
    mate: "Tab | None" = None

    def text(self, code: str, **values: object) -> str:
        """A text of the pages as this tab shows it."""
        return TEXTS.say(code, self.language, **values)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Time the block as waiting, unless it is over in a moment."""
        started = time.monotonic()
        yield
        seconds = time.monotonic() - started
        self.waited += seconds if seconds >= SHORT_SECONDS else 0.0

    def settle(self) -> None:
        """Wait until the script of the page has finished; no error may stand there."""
        with self.waiting():
            for _ in range(2):
                # The rerun that a click begins is not seen at once.
                self.page.wait_for_timeout(250)
                done = ".stApp[data-test-script-state=notRunning]"
                self.page.wait_for_selector(done, state="attached", timeout=SETTLE_MS)
        expect(self.page.get_by_test_id("stException")).to_have_count(0)

    def click(self, key: str, place: int = 0) -> None:
        """Press a button by its key, and wait for what it does."""
        self.press(self.page.locator(f".st-key-{key} button").nth(place))

    def click_card(self, action: str, number: int) -> None:
        """Press a button of the product card with this number, and wait for what it does."""
        self.press(self.page.locator(f'.product-cards [data-button="{action} {number}"]'))

    def press(self, button: Locator) -> None:
        """Press a button, and wait for what it does."""
        button.click()
        self.settle()

    def unfold(self, key: str) -> None:
        """Open an expander, unless a run of the page has left it open."""
        folded = self.page.locator(f".st-key-{key} details:not([open]) > summary")
        if folded.count():
            folded.click()
        expect(self.page.locator(f".st-key-{key} details[open]")).to_have_count(1)

    def fill(self, key: str, text: str) -> None:
        """Type into a box and leave it."""
        box = self.page.locator(f".st-key-{key} input, .st-key-{key} textarea").first
        box.fill(text)
        box.press("Tab")
        self.settle()

    def ask(self, query: str, key: str = "q") -> None:
        """Type into a box and press Enter."""
        box = self.page.locator(f".st-key-{key} input")
        box.fill(query)
        box.press("Enter")
        self.settle()

    def choose(self, key: str, option: str) -> None:
        """Choose an option of a select box."""
        box = self.page.locator(f"[class*='st-key-{key}'] input").first
        choice = self.page.get_by_role("option", name=option).first
        self._open_list(box.click, choice)
        choice.click()
        self.settle()

    def option(self, key: str, place: int) -> None:
        """Choose the option at this place of a segmented control or of pills."""
        self.page.locator(f".st-key-{key} button").nth(place).click()
        self.settle()

    def view(self, page: str, view: str) -> None:
        """Open a view of the page."""
        title = self.text(f"{page}.views.{view}")
        self.page.get_by_role("tab", name=title, exact=True).click()
        self.settle()

    def cells(self, key: str, column: int, rows: int, option: Callable[[int], str]) -> None:
        """Choose an option in the first `rows` cells of a select column of the editor `key`."""
        table = self.page.locator(f"[class*='st-key-{key}']").get_by_test_id("stDataFrame").first
        # A tall window holds the whole table, so that no click has to scroll it under the header.
        self.page.set_viewport_size({"width": DESK["width"], "height": TALL})
        expect(table.locator("[role=gridcell]").first).to_be_attached()
        portal = self.page.locator("#portal")
        for row in range(rows):
            # The cell itself may show the option, before the list.
            choice = portal.get_by_text(option(row), exact=True).last
            self._open_list(partial(self._open_cell, table, column, row), choice)
            choice.click()
            expect(portal.locator("input")).to_have_count(0)
        self.page.set_viewport_size({"width": DESK["width"], "height": DESK["height"]})
        self.settle()

    def _open_cell(self, table: Locator, column: int, row: int) -> None:
        """Open the select box of a cell."""
        x, y = FIRST_CELL[0], FIRST_CELL[1] + ROW * row
        table.locator(".dvn-scroller").click(position={"x": x, "y": y})
        for _ in range(column):
            self.page.keyboard.press("ArrowRight")
        self.page.keyboard.press("Enter")

    def _open_list(self, open_it: Callable[[], None], choice: Locator) -> None:
        """Open a list of options, again where a run of the page has closed it."""
        for patience in SHORT_WAITS_MS:
            open_it()
            with contextlib.suppress(PlaywrightTimeout):
                choice.wait_for(timeout=patience)
                return
            self.page.keyboard.press("Escape")
        open_it()
        choice.wait_for()

    @cached_property
    def cpu(self) -> CpuSeconds:
        """The processor time of the app and its trainings."""
        return CpuSeconds(self.home)

    def label(self, task: str, head: str, value: str) -> str:
        """A label of a task's model, as this tab shows it."""
        return say(f"{task}.{head}s.{value}", self.language)

    def bring_mate(self) -> "Tab":
        """The tab of a second person of the team, in a browser of their own."""
        if self.mate is None:
            self.mate = Tab(
                self.new_page(), self.url, self.language, self.shop, self.new_page, self.home
            )
        return self.mate

    def open_exercise(self, exercise: Exercise) -> None:
        """Open an exercise in the course by its address."""
        values = {"exercise": exercise.slug, "lang": self.language, "w": self.shop}
        self.page.goto(f"{self.url}/course?{urlencode(values)}")
        self.expect_exercise(exercise)

    def expect_exercise(self, exercise: Exercise) -> None:
        """The exercise stands there, with its checks."""
        expect(self.page.locator("h1")).to_contain_text(exercise.title)
        expect(self.page.locator(f".st-key-check_{len(exercise.checks)}")).to_be_visible()
        self.settle()

    def back(self, exercise: Exercise) -> None:
        """Go back to the exercise by the navigation, as people do."""
        name = self.text("app.nav.course")
        self.page.get_by_test_id("stSidebarNavLink").filter(has_text=name).first.click()
        self.expect_exercise(exercise)

    def checks(self, exercise: Exercise) -> list[tuple[bool, str]]:
        """Press every Check button: whether it passed, and what the page says."""
        results = []
        for number, _ in enumerate(exercise.checks, start=1):
            self.click(f"check_now_{exercise.slug}_{number}")
            box = self.page.locator(f".st-key-check_{number} [data-testid=stAlert]").first
            passed = box.locator("[data-testid=stAlertContentSuccess]").count() > 0
            results.append((passed, " ".join(box.inner_text().split())))
        return results

    def follow(self, number: int, step: Step) -> None:
        """Press the link of a step, and see that it opened the right page as the file says."""
        self.page.locator(f".st-key-step_link_{number} button").click()
        title = self.text(f"{step.page}.title") if step.page != "home" else ""
        if title:
            expect(self.page.locator("h1").first).to_have_text(title)
        self.settle()
        for name, value in step.parameters.items():
            self._expect_set(step, name, value)

    def _expect_set(self, step: Step, name: str, value: str) -> None:
        page = self.page
        if name == "view":
            open_tab = page.locator("[role=tab][aria-selected=true]").first
            expect(open_tab).to_have_text(self.text(f"{step.page}.views.{value}"))
        elif name == "task":
            chosen = page.locator(".st-key-task [aria-checked=true], .st-key-task [kind*=Active]")
            expect(chosen.first).to_contain_text(say(f"{value}.name", self.language))
        elif name == "preset":
            chosen = page.locator(f".st-key-preset_{step.parameters['task']} [aria-checked=true]")
            expect(chosen.first).to_contain_text(
                say(f"config.choices.preset.{value}", self.language)
            )
        elif step.page == "tune":
            task, preset = step.parameters["task"], step.parameters["preset"]
            box = page.locator(f".st-key-set_{task}_{preset}_{name} input")
            if not box.count():
                page.locator(".st-key-advanced summary").click()
            expect(box).to_have_value(re.compile(f"^{re.escape(value)}$"))
        else:
            box = page.locator(f".st-key-{name} input, .st-key-{name} textarea").first
            expect(box).to_have_value(value)

    def train(self, task: str) -> None:
        """Start the training that stands in the form, and wait for its end.

        Where an earlier session trained the same, its run is taken.
        """
        self.trained.add(task)
        if self.earlier is None or not self.bring_run(task):
            self.start_training()

    def start_training(self) -> None:
        """Start the training that stands in the form, and wait for its end."""
        self.page.locator(".st-key-start button").wait_for()
        self.settle()
        before = self._jobs()
        started = time.monotonic()
        self.page.locator(".st-key-start button").click()
        self.wait_for_training(before, started)

    def wait_for_training(self, before: set[str], started: float) -> None:
        """Wait on the page Tune until a training that was not there before is done."""
        with self.waiting():
            while True:
                self.page.wait_for_timeout(2_000)
                self.cpu.look()
                done, failed = (self._jobs(state) - before for state in ("done", "failed"))
                if failed:
                    raise AssertionError(self.page.locator(f".{failed.pop()}").inner_text())
                if done:
                    break
                if time.monotonic() - started > TRAINING_SECONDS:
                    raise TimeoutError("training")
        self.trainings.append(round(time.monotonic() - started, 1))
        self.settle()

    def bring_run(self, task: str) -> bool:
        """Put an earlier session's run of `task` into the shop, if there is one."""
        assert self.earlier is not None
        os.environ["SHOPLAB_HOME"] = str(self.home)
        shop = Workspace.by_key(self.shop)
        assert shop is not None
        seconds = self.earlier.bring(task, shop.tables().fingerprint, shop.folder)
        if seconds is None:
            return False
        self.trainings.append(round(seconds, 1))
        return True

    def _jobs(self, state: str = "") -> set[str]:
        """The keys of the trainings on the page Tune, or of those in a state."""
        boxes = self.page.locator("[class*=st-key-job_]")
        if state:
            # An icon stands before the word.
            word = re.compile(re.escape(self.text(f"tune.states.{state}")) + "$")
            badge = self.page.locator(".stMarkdownBadge").filter(has_text=word)
            boxes = boxes.filter(has=badge)
        names = boxes.evaluate_all("boxes => boxes.map(box => box.className)")
        return {key for name in names for key in name.split() if key.startswith("st-key-job_")}

    def call_shot(self, exercise: Exercise, gain: Sequence[float] = (0.03, -0.02, 0.1)) -> None:
        """Say what gain is expected, and within what range."""
        assert exercise.shot is not None
        task = exercise.shot.task
        if not self.page.locator(f".st-key-call_shot_{task} button").is_visible():
            self.page.locator(f".st-key-call_{task} summary").click()
        self.fill("person_name", "Ann")
        for key, value in zip(("shot_value", "shot_low", "shot_high"), gain, strict=True):
            self.fill(f"{key}_{task}", f"{value}")
        self.click(f"call_shot_{task}")
        shown = self.text("course.shot.called", figures="").strip("*. 。")[:6]
        expect(self.page.locator(".st-key-shot")).to_contain_text(shown)

    def open_result(self) -> None:
        """Open the result that was forecast, for the team."""
        result = self.page.locator("[class*=st-key-result_] button")
        self.press(result.first)
        measured = self.page.locator(".st-key-shot .stPlotlyChart")
        expect(measured.first).to_be_visible()
