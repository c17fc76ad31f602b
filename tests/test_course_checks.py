"""Each check fails before the work and passes after it, and names the likely misconception."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from engine.assistant.policy_file import keep_policy, sample_policy
from engine.case.assumptions import Assumptions
from engine.case.store import Case, CaseStore
from engine.course import activity
from engine.course.checks import CHECKS
from engine.course.exercise import CheckSpec, Exercise
from engine.course.forecasts import Forecasts
from engine.course.progress import CheckResult, Progress
from engine.course.work import Work, stamps
from engine.experiment.store import PlanStore
from engine.messages import LANGUAGES
from engine.storage.workspace import Workspace
from engine.tasks.interest.merchandising_file import change_rules
from tests.runs_double import make_shop
from tests.team_double import (
    PLAN,
    act,
    ask,
    card,
    change_policy,
    chat,
    correct,
    curve,
    grade,
    judge,
    note,
    run,
    write_copy,
)


@pytest.fixture(autouse=True)
def state_folder(home: Path) -> None:
    """Every test has a state folder of its own."""


def two_runs(shop: Workspace, other: str = "same") -> None:
    run(shop, 1, test="same")
    run(shop, 2, test=other)
    note(shop, "compared", task="intent", runs=["intent-1", "intent-2"])


def spoil(shop: Workspace) -> None:
    card(shop)
    frames = shop.tables().frames
    shop.replace_tables({"products": frames["products"].head(5)}, {})


def over_fit(shop: Workspace, values: list[float], metric: str = "macro_f1") -> None:
    loss = curve("loss", [1 / (n + 1) for n in range(9)])
    run(shop, history=[*curve(metric, values), *loss], before={"macro_f1": 0.1})


Do = Callable[[Workspace], object]
# Check and needs; what passes; a failure that is a mistake, with the end of its text's code.
CASES: dict[str, tuple[str, dict[str, object], Do, Do | None, str]] = {
    "asked": (
        "asked",
        {"call": "search.predict", "at_least": 2},
        lambda s: ask(s, "mug", "cup"),
        lambda s: ask(s, "Mug", "mug"),
        "asked.missing",
    ),
    "asked for": (
        "asked",
        {"call": "search.predict", "contains": "cup"},
        lambda s: ask(s, "my Cup"),
        lambda s: ask(s, "mug"),
        "asked.other",
    ),
    "asked tuned": (
        "asked",
        {"call": "search.predict", "run": "tuned"},
        lambda s: ask(s, "mug", run="r"),
        lambda s: ask(s, "mug"),
        "asked.untuned",
    ),
    "loaded": (
        "loaded",
        {"shop": "en"},
        lambda s: s.set_sample("en"),
        lambda s: s.set_sample("zh"),
        "loaded.other_en",
    ),
    "switched": (
        "switched_shop",
        {},
        lambda s: note(s, "loaded", shop="zh", before="own"),
        lambda s: note(s, "loaded", shop="own", before=""),
        "switched_shop.missing",
    ),
    "labelled": (
        "labelled",
        {"task": "intent", "at_least": 3},
        lambda s: correct(s, "intent", 3),
        lambda s: correct(s, "sentiment", 3),
        "labelled.other",
    ),
    "rules": (
        "rules",
        {"at_least": 2},
        lambda s: change_rules(s, lambda r: r.pin("p1").hide("p2")),
        lambda s: change_rules(s, lambda r: r.pin("p1")),
        "rules.missing",
    ),
    "trained": (
        "trained",
        {"task": "intent", "settings": {"epochs": {"at_least": 2}, "preset": "quick"}},
        run,
        lambda s: run(s, config={"epochs": 1, "preset": "quick"}),
        "trained.other",
    ),
    "trained twice": (
        "trained",
        {"task": "intent", "at_least": 2},
        lambda s: (run(s, 1), run(s, 2)),
        lambda s: (run(s, 1), run(s, 2, created=1.0)),
        "trained.missing",
    ),
    "over-fitted": (
        "over_fitted",
        {"task": "intent"},
        lambda s: over_fit(s, [1.0, 2.0, 0.5], "eval_loss"),
        lambda s: over_fit(s, [1.0, 2.0, 0.2], "eval_loss"),
        "over_fitted.none",
    ),
    "over-fitted by its metric": (
        "over_fitted",
        {"task": "intent"},
        lambda s: over_fit(s, [0.5, 0.7, 0.6]),
        lambda s: over_fit(s, [0.5, 0.7, 0.695]),
        "over_fitted.none",
    ),
    "compared": (
        "compared",
        {"task": "intent"},
        two_runs,
        lambda s: two_runs(s, "other"),
        "compared.other_rows",
    ),
    "compared with baselines": (
        "compared",
        {"task": "intent", "what": "baseline"},
        lambda s: (run(s), note(s, "compared", task="intent", runs=["intent-1"])),
        None,
        "",
    ),
    "called": (
        "called_shot",
        {"task": "intent"},
        lambda s: Forecasts(s).call("intent", "ann", "Ann", 0.1, 0.0, 0.2),
        lambda s: note(s, "compared", task="intent", runs=["intent-1"]),
        "called_shot.late",
    ),
    "judged": (
        "judged",
        {"at_least": 4},
        lambda s: judge(s, 4),
        lambda s: judge(s, 3),
        "judged.missing",
    ),
    "judged queries": (
        "judged",
        {"at_least": 1, "queries": 2},
        lambda s: (judge(s, 1), s.correct("search", {"cup": {"p1": "0"}})),
        lambda s: judge(s, 4),
        "judged_queries.missing",
    ),
    "judged by many": (
        "judged",
        {"at_least": 1, "people": 2},
        lambda s: (judge(s, 1), grade(s, 1)),
        lambda s: (judge(s, 1), note(s, "judged")),
        "judged_people.missing",
    ),
    "agreed": (
        "agreed",
        {"alpha": 0.5},
        lambda s: grade(s, 3),
        lambda s: grade(s, 2),
        "agreed.second_round",
    ),
    "agreed once": (
        "agreed",
        {},
        lambda s: grade(s, 3),
        lambda s: grade(s, 1),
        "agreed.first_round",
    ),
    "agreed alone": (
        "agreed",
        {},
        lambda s: grade(s, 3),
        lambda s: grade(s, 1, ("ann",)),
        "agreed.few",
    ),
    "drafted": (
        "drafted",
        {"claims": True},
        lambda s: write_copy(s, 1),
        lambda s: write_copy(s, 0),
        "drafted.no_claim",
    ),
    "feedback": (
        "feedback",
        {"events": ["click"]},
        lambda s: act(s, "click"),
        lambda s: act(s, "like"),
        "feedback.other",
    ),
    "simulated": (
        "simulated",
        {"at_least": 2},
        lambda s: [note(s, "simulated", policy=one, lists=500) for one in ("a", "b")],
        lambda s: note(s, "simulated", policy="a", lists=500),
        "simulated.missing",
    ),
    "chatted": (
        "chatted",
        {"at_least": 2},
        lambda s: chat(s, "answer", "answer"),
        lambda s: chat(s, "answer"),
        "chatted.missing",
    ),
    "handed over": (
        "handed_over",
        {},
        lambda s: chat(s, "answer", "hand_over"),
        lambda s: chat(s, "answer"),
        "handed_over.none",
    ),
    "policy": (
        "policy_changed",
        {},
        lambda s: (change_policy(s), chat(s, "answer")),
        lambda s: (chat(s, "answer"), change_policy(s)),
        "policy_changed.not_asked",
    ),
    "policy kept": (
        "policy_changed",
        {},
        lambda s: (change_policy(s), chat(s, "answer")),
        lambda s: keep_policy(s, sample_policy("zh"), "policy.md"),
        "policy_changed.same",
    ),
    "card": (
        "card",
        {},
        card,
        lambda s: card(s, cited=False),
        "card.no_evidence",
    ),
    "card that still holds": ("card", {}, card, spoil, "card.grey"),
    "card alone": ("card", {"cited": False}, lambda s: card(s, cited=False), None, ""),
    "case": ("case", {}, lambda s: CaseStore(s).save(Case(Assumptions())), None, ""),
    "plan": ("plan", {}, lambda s: PlanStore(s).save(PLAN), None, ""),
    "reported": ("reported", {}, lambda s: note(s, "reported"), None, ""),
}


def exercise(check: str, needs: dict[str, object]) -> Exercise:
    spec = CheckSpec(check, needs, "Do it.", "So.", "There.", "You thought it was done.")
    empty = Exercise("walk", 1, "", 5, (), "", "", "", "", "", "", None, (), (), "", "", "")
    return replace(empty, checks=(spec,))


def result_of(shop: Workspace, check: str, needs: dict[str, object]) -> CheckResult:
    (result,) = Progress(shop).of(exercise(check, needs)).results
    for language in LANGUAGES:
        assert result.message.say(language)
        assert "{" not in result.message.say(language)
    return result


@pytest.mark.parametrize("name", CASES)
def test_a_check_fails_before_the_work_and_passes_after_it(name: str) -> None:
    check, needs, work, _, _ = CASES[name]
    shop = make_shop("en", queries=3)
    before = result_of(shop, check, needs)
    assert not before.passed
    work(shop)
    after = result_of(shop, check, needs)
    assert after.passed, after.message.say("en")
    assert after.misconception == ""


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case[3]])
def test_a_mistake_is_told_with_its_likely_misconception(name: str) -> None:
    check, needs, _, mistake, code = CASES[name]
    assert mistake is not None
    shop = make_shop("en", queries=3)
    mistake(shop)
    result = result_of(shop, check, needs)
    assert not result.passed
    assert result.message.code == f"course.checks.{code}"
    assert result.misconception == "You thought it was done."


def test_every_check_is_tried() -> None:
    assert {case[0] for case in CASES.values()} == set(CHECKS)


def test_checks_look_again_only_after_something_changed(monkeypatch) -> None:
    shop = make_shop("en", queries=3)
    one = exercise("asked", {"call": "search.predict"})
    assert not Progress(shop).of(one).done
    looked: list[int] = []
    monkeypatch.setattr(CHECKS["asked"], "look", lambda *_: looked.append(1))
    for _ in range(3):
        Progress(shop).of(one)
    assert not looked
    monkeypatch.undo()
    ask(shop, "mug")
    assert Progress(shop).of(one).done


def test_what_a_check_reads_is_read_again_only_after_it_changed(monkeypatch) -> None:
    shop = make_shop("en", queries=3)
    read: list[str] = []
    whole = Workspace.corrections
    monkeypatch.setattr(
        Workspace, "corrections", lambda self: read.append(self.name) or whole(self)
    )
    for _ in range(3):
        assert Work(shop).corrections.empty
    assert len(read) == 1
    judge_one(shop)
    assert len(Work(shop).corrections) == 1


def test_what_is_done_in_a_workspace_changes_its_stamps() -> None:
    shop = make_shop("en", queries=3)
    seen = {stamps(shop)}
    for work in (card, judge_one, change_policy, lambda s: grade(s, 1), lambda s: act(s, "click")):
        work(shop)
        assert stamps(shop) not in seen
        seen.add(stamps(shop))


def judge_one(shop: Workspace) -> None:
    judge(shop, 1)


def test_the_exercise_opened_last_is_the_current_one() -> None:
    shop = make_shop("en", queries=3)
    progress = Progress(shop)
    assert progress.current() is None
    for slug in ("walk", "run", "run"):
        progress.open(slug, "ann")
    slug, since = progress.current() or ("", 0.0)
    assert slug == "run"
    assert since == progress.opened()["run"] <= time.time()


def test_a_journal_is_bounded_and_survives_half_a_line(monkeypatch) -> None:
    shop = make_shop("en", queries=3)
    monkeypatch.setattr(activity, "MOST_BYTES", 2_000)
    for number in range(100):
        note(shop, "asked", inputs=["x" * 500] * 50, number=number)
    folder = shop.folder / "course"
    assert sum(file.stat().st_size for file in folder.iterdir()) < 8_000
    acts = activity.read_acts(shop)
    assert acts[-1].details["number"] == 99
    assert len(str(acts[-1].details["inputs"])) < 2_000
    with (folder / "activity.jsonl").open("a") as log:
        log.write('{"act": "asked", "ti')
    assert activity.read_acts(shop)[-1].details["number"] == 99
    assert "ann" not in (folder / "activity.previous.jsonl").read_text()
    assert json.loads((folder / "activity.previous.jsonl").read_text().splitlines()[0])["act"]


def test_labels_of_before_still_count() -> None:
    shop = make_shop("en", queries=3)
    judge(shop, 12)
    grades = pd.Series(shop.corrections()["label"])
    assert set(grades) == {"2"}
    assert result_of(shop, "judged", {}).passed
