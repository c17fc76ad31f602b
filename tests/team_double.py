"""What a team's work leaves in its workspace, written without pages, models or trainings."""

import os
import time
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from engine.assistant.chats import Chats
from engine.assistant.policy_file import keep_policy
from engine.assistant.reply import Reply
from engine.case.assumptions import Assumptions
from engine.case.store import Case, CaseStore
from engine.catalog.decisions import ACCEPTED, Decisions
from engine.course import activity
from engine.course.forecasts import Forecasts
from engine.course.grades import GradeTable
from engine.evidence.ledger import cite_run
from engine.experiment.plan import Plan
from engine.experiment.store import PlanStore
from engine.ideas.board import IdeaBoard
from engine.ideas.card import Card
from engine.storage.feedback import Feedback, Shown
from engine.storage.files import write_json
from engine.storage.runs import load_run
from engine.storage.workspace import Workspace
from engine.tasks.interest.merchandising_file import change_rules
from tests.runs_double import finish_run, make_run

PEOPLE = ("ann", "bob")
PLAN = Plan("More clicks", "click_rate", "rate", 0.1, 0.09, 0.05, 14, 20_000)
GRADED = {f"p{n}": n % 4 for n in range(4)}
# The losses of a training that learned by heart, and a validation loss that says so.
LEARNED = [1.2, 0.6, 0.3, 0.1]
BY_HEART = [1.1, 1.0, 1.2, 1.6]


def note(team: Workspace, act: str, **details: object) -> None:
    """Ann does something that a page notes."""
    activity.note(team, act, "ann", **details)


def ask(shop: Workspace, *texts: str, call: str = "search.predict", run: str = "untuned") -> None:
    """Put these texts to a model."""
    for text in texts:
        note(shop, "asked", call=call, run=run, inputs=[text])


def run(shop: Workspace, number: int = 1, *, test: str = "", **about: object) -> None:
    """Finish a training of intent."""
    made = make_run(shop, "intent", f"intent-{number}", rows=30)
    changes = {"test_fingerprint": test} if test else {}
    record = made.as_json() | changes | about
    write_json(shop.folder / "runs" / made.run_id / "run.json", record)


def curve(metric: str, values: list[float]) -> list[dict[str, object]]:
    """The points of a curve, as a run's history holds them."""
    return [{"metric": metric, "value": one, "step": n} for n, one in enumerate(values)]


def correct(shop: Workspace, task: str, n: int, label: str = "deal") -> None:
    """Label `n` inputs by hand."""
    shop.correct(task, {f"query {k}": {"intent": label} for k in range(n)})


def decide(shop: Workspace, n: int) -> None:
    """Decide on `n` values that were suggested for the catalog."""
    rows = [
        {"product_id": f"p{k}", "attribute": "color", "value": "Moss", "confidence": 0.9}
        for k in range(n)
    ]
    Decisions(shop.folder).decide(pd.DataFrame(rows), ACCEPTED)


def judge(shop: Workspace, n: int) -> None:
    """Judge `n` products."""
    shop.correct("search", {"mug": {f"p{k}": "2" for k in range(n)}})


def grade(shop: Workspace, rounds: int, people: tuple[str, ...] = PEOPLE) -> None:
    """Grade the same products blind; 2: see what is disputed; 3: grade again."""
    with GradeTable(shop) as table:
        table.pool("mug", list(GRADED))
        for person in people:
            table.grade("mug", person, GRADED)
        if rounds > 1:
            table.show_disputes("mug")
        if rounds > 2:
            for person in people:
                table.grade("mug", person, GRADED)


def act(shop: Workspace, event: str, n: int = 1) -> None:
    """Do something with the products of a list, `n` times."""
    with Feedback(shop) as feedback:
        for _ in range(n):
            shown = Shown(os.urandom(4).hex(), "v", "", "mug", "p", "a", {"a": 1.0}, {}, ["p1"])
            feedback.show(shown)
            feedback.record(shown.list_id, "p1", event)  # type: ignore[arg-type]


def chat(shop: Workspace, *actions: str) -> None:
    """Write messages to the assistant, which does this with each."""
    with Chats(shop) as chats:
        for number, action in enumerate(actions):
            chats.add("c", "", f"message {number}", Reply(action, "human", "en", ()))


def change_policy(shop: Workspace) -> None:
    """Give the assistant another policy."""
    keep_policy(shop, "No returns at all.", "policy.md")
    # The clock of a file system lags behind that of the acts by some milliseconds.
    now = time.time_ns()
    os.utime(shop.folder / "assistant" / "policy.md", ns=(now, now))


def card(shop: Workspace, cited: bool = True) -> None:
    """Put an idea on the board, with evidence or without."""
    run(shop, data_fingerprint=shop.tables().fingerprint)
    evidence = (cite_run(shop, load_run(shop, "intent-1")),) if cited else ()
    IdeaBoard(shop).save(Card(title="An idea", idea="Do it", evidence=evidence))


def write_copy(shop: Workspace, claims: int, product: str = "p1") -> None:
    """Have copy written, with so many unsupported claims."""
    note(shop, "drafted", product=product, claims=claims)


def train(shop: Workspace, task: str, run_id: str, **about: Any) -> str:
    """Finish a training of any task; those of a task answered the same held-out rows."""
    about |= {"created": time.time(), "recommended": "tuned", "test_fingerprint": task}
    return finish_run(shop, task, run_id=run_id, **about)


Needs = Mapping[str, Any]


def _trained(shop: Workspace, needs: Needs) -> None:
    wanted = {
        name: next(iter(one.values())) if isinstance(one, Mapping) else one
        for name, one in needs.get("settings", {}).items()
    }
    for _ in range(needs.get("at_least", 1)):
        train(shop, needs["task"], f"{needs['task']}-{os.urandom(3).hex()}", config=wanted)


def _over_fitted(shop: Workspace, needs: Needs) -> None:
    history = curve("loss", LEARNED) + curve("eval_loss", BY_HEART)
    train(shop, needs["task"], f"{needs['task']}-heart", history=history)


def _compared(shop: Workspace, needs: Needs) -> None:
    task = needs["task"]
    runs = [train(shop, task, f"{task}-{os.urandom(3).hex()}") for _ in range(2)]
    note(shop, "compared", task=task, runs=runs if needs.get("what") == "runs" else runs[:1])


def _asked(shop: Workspace, needs: Needs) -> None:
    texts = (f"{needs.get('contains', '')} text {n}" for n in range(needs.get("at_least", 1)))
    tuned = "a-run" if needs.get("run") == "tuned" else "untuned"
    ask(shop, *texts, call=needs["call"], run=tuned)


def _labelled(shop: Workspace, needs: Needs) -> None:
    n = needs.get("at_least", 5)
    decide(shop, n) if needs["task"] == "attributes" else correct(shop, needs["task"], n)


def _drafted(shop: Workspace, needs: Needs) -> None:
    for n in range(needs.get("at_least", 1)):
        write_copy(shop, int(needs.get("claims", False)), f"p{n}")


def _acted(shop: Workspace, needs: Needs) -> None:
    act(shop, needs.get("events", ["click"])[0], needs.get("at_least", 1))


def _policy(shop: Workspace, _: Needs) -> None:
    change_policy(shop)
    chat(shop, "answer")


# For each check that the shipped exercises name, the work that it asks for, from its parameters.
WORK: Mapping[str, Callable[[Workspace, Needs], object]] = {
    "asked": _asked,
    "called_shot": lambda s, n: Forecasts(s).call(n["task"], "ann", "Ann", 0.1, 0.0, 0.2),
    "trained": _trained,
    "over_fitted": _over_fitted,
    "compared": _compared,
    "labelled": _labelled,
    "agreed": lambda s, n: grade(s, 3),
    "rules": lambda s, n: change_rules(s, lambda r: r.pin("p1").hide("p2")),
    "drafted": _drafted,
    "feedback": _acted,
    "simulated": lambda s, n: [
        note(s, "simulated", policy=str(k), lists=500) for k in range(n["at_least"])
    ],
    "chatted": lambda s, n: chat(s, *["answer"] * n["at_least"]),
    "handed_over": lambda s, n: chat(s, *["hand_over"] * n["at_least"]),
    "policy_changed": _policy,
    "switched_shop": lambda s, n: note(s, "loaded", shop="zh", before="en"),
    "card": lambda s, n: card(s),
    "case": lambda s, n: CaseStore(s).save(Case(Assumptions())),
    "plan": lambda s, n: PlanStore(s).save(PLAN),
    "reported": lambda s, n: note(s, "reported"),
}
