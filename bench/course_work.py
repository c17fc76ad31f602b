"""What a team does in each step of the course, as the step says; `bench/course_walk.py` runs it.

A step without a function here is one that is only looked at: its link is followed.
"""

import re
import time
from collections.abc import Callable, Mapping

from playwright.sync_api import expect

from bench.course_pitch import cite, download, keep_case, keep_plan
from bench.course_tab import WAIT_MS, Tab
from bench.course_words import words
from engine.course.exercise import Exercise, Step

Do = Callable[[Tab, Exercise], None]


def code_block(exercise: Exercise) -> str:
    """What the idea of an exercise gives to copy."""
    (text,) = re.findall(r"```\n(.*?)```", exercise.idea, re.DOTALL)
    return str(text)


def train(tab: Tab, exercise: Exercise) -> None:
    """Start the training that the link has set, and wait for its result."""
    tab.train(_task(exercise))


def train_if_none(tab: Tab, exercise: Exercise) -> None:
    """Start the training of the link unless the team has a run that will do."""
    if _task(exercise) not in tab.trained:
        tab.train(_task(exercise))


def train_small(tab: Tab, exercise: Exercise) -> None:
    """Start the training of a few examples, which no earlier session has done."""
    tab.start_training()


def _task(exercise: Exercise) -> str:
    """The task that the exercise trains."""
    return next(step.parameters["task"] for step in exercise.steps if step.page == "tune")


def ask_queries(tab: Tab, exercise: Exercise) -> None:
    """Search for two things more."""
    for query in words(tab, "queries"):
        tab.ask(query)


def ask_intents(tab: Tab, exercise: Exercise) -> None:
    """Ask what two queries more mean."""
    for query in words(tab, "intents"):
        tab.ask(query)


def label_intents(tab: Tab, exercise: Exercise) -> None:
    """Label eight queries and save."""
    options = [tab.label("intent", "intent", name) for name in ("gift", "deal")]
    tab.cells("labels_intent", 2, 8, lambda row: options[row % 2])
    tab.click("save_labels")
    expect(tab.page.locator(".st-key-labels_next")).to_be_visible()


def train_again(tab: Tab, exercise: Exercise) -> None:
    """Train with the labels, and follow it on the page Tune."""
    name = tab.text("app.nav.tune")
    if tab.earlier is not None and tab.bring_run("intent"):
        return
    started = time.monotonic()
    tab.click("train_again")
    tab.page.get_by_test_id("stSidebarNavLink").filter(has_text=name).first.click()
    tab.wait_for_training(set(), started)


def sort_own(tab: Tab, exercise: Exercise) -> None:
    """Sort products into categories of one's own."""
    tab.page.locator(".st-key-own_names textarea").fill("\n".join(words(tab, "categories")))
    tab.press(tab.page.get_by_test_id("stFormSubmitButton").locator("button").first)


def decide_gaps(tab: Tab, exercise: Exercise) -> None:
    """Decide on ten suggestions and save."""
    options = [tab.text(f"catalog.gaps.{state}") for state in ("accepted", "rejected")]
    tab.cells("gaps_", 0, 10, lambda row: options[row % 3 == 2])
    tab.click("save_gaps")


def grade(tab: Tab, exercise: Exercise) -> None:
    """Each of two people grades the twenty results blind."""
    mate = tab.bring_mate()
    mate.open_exercise(exercise)
    mate.follow(3, exercise.steps[2])
    for number, person in enumerate((tab, mate)):
        person.option("judge_mode", 1)
        _grade(person, number)


def grade_again(tab: Tab, exercise: Exercise) -> None:
    """See where the grades differ, and grade again."""
    tab.option("judge_mode", 1)
    tab.click("look_again")
    tab.click("next_round")
    for person in (tab, tab.bring_mate()):
        person.click("look_again")
        _grade(person, 0, rows=4)


def settle_grades(tab: Tab, exercise: Exercise) -> None:
    """Make the grades the shop's judgments."""
    tab.option("judge_mode", 1)
    tab.click("next_round")


def _grade(tab: Tab, shift: int, rows: int = 12) -> None:
    grades = [tab.text(f"search.judging.grades.g{grade}") for grade in range(4)]
    tab.cells("together_", 0, rows, lambda row: grades[(row + shift) % 4])
    tab.click("save_grades")


def weigh_fields(tab: Tab, exercise: Exercise) -> None:
    """Move two weights."""
    for name in ("title", "meaning"):
        thumb = tab.page.locator(f".st-key-weight_{name}").get_by_role("slider")
        for _ in range(8):
            thumb.press("ArrowRight")
        tab.settle()


def view_products(tab: Tab, exercise: Exercise) -> None:
    """View two products as a new shopper."""
    for place in (1, 2):
        tab.click_card("click", place)


def choose_heavy(tab: Tab, exercise: Exercise) -> None:
    """Look at the list of a shopper with a long history."""
    tab.option("shopper_examples", 0)


def diversify(tab: Tab, exercise: Exercise) -> None:
    """Move a slider of the reranking."""
    thumb = tab.page.locator("[class*=st-key-rerank_]").get_by_role("slider").first
    for _ in range(10):
        thumb.press("ArrowRight")
    tab.settle()


def make_rules(tab: Tab, exercise: Exercise) -> None:
    """Hide one product and boost one kind."""
    tab.fill("rule_find", words(tab, "product")[0])
    tab.click("hide_chosen")
    tab.click("boost_add")


def write_copy(tab: Tab, exercise: Exercise) -> None:
    """Have copy written for the product that stands there."""
    tab.click("write")
    expect(tab.page.locator(".st-key-text_untuned")).to_be_visible(timeout=WAIT_MS)


def write_more(tab: Tab, exercise: Exercise) -> None:
    """Have a livestream script written, for two products more."""
    tab.choose("describe_channel", tab.text("describe.channels.live"))
    for place in (1, 2):
        tab.page.locator("[class*=st-key-describe_product] input").click()
        tab.page.get_by_role("option").nth(place).click()
        tab.settle()
        write_copy(tab, exercise)


def write_best(tab: Tab, exercise: Exercise) -> None:
    """Write again with the tuned model, then several."""
    tab.click("write")
    expect(tab.page.locator(".st-key-text_tuned")).to_be_visible(timeout=WAIT_MS)
    tab.click("best")


def summarise(tab: Tab, exercise: Exercise) -> None:
    """Summarise the reviews of a product."""
    tab.click("sum")


def read_review(tab: Tab, exercise: Exercise) -> None:
    """Have a review of one's own read."""
    for review in words(tab, "reviews"):
        tab.fill("review", review)


def add_product(tab: Tab, exercise: Exercise) -> None:
    """Add a product to the basket, then another."""
    for _ in range(2):
        tab.option("basket_popular", 0)


def react(tab: Tab, exercise: Exercise) -> None:
    """React to five products on two lists."""
    for event, place in (("like", 1), ("click", 2), ("like", 3)):
        tab.click_card(event, place)
    tab.click("next_list")
    # A second press on a product that is liked already would take the like back.
    for event, place in (("click", 1), ("click", 2)):
        tab.click_card(event, place)


def simulate(tab: Tab, exercise: Exercise) -> None:
    """Let simulated shoppers do the waiting."""
    tab.click("start_simulation")
    expect(tab.page.locator(".st-key-regret_curve")).to_be_visible(timeout=WAIT_MS)


def simulate_greedy(tab: Tab, exercise: Exercise) -> None:
    """Choose another rule: the simulation runs anew."""
    tab.choose("policy", tab.text("strategy.policies.epsilon_greedy"))
    expect(tab.page.locator(".st-key-regret_curve")).to_be_visible(timeout=WAIT_MS)


def chat(name: str, start: int, end: int) -> Do:
    """A step that writes these messages to the assistant."""

    def write(tab: Tab, exercise: Exercise) -> None:
        for message in words(tab, name)[start:end]:
            turns = tab.page.get_by_test_id("stChatMessage").filter(has_text=message)
            box = tab.page.get_by_test_id("stChatInput").locator("textarea")
            box.fill(message)
            box.press("Enter")
            with tab.waiting():
                expect(turns.first).to_be_visible()
            tab.settle()

    return write


def use_policy(tab: Tab, exercise: Exercise) -> None:
    """Take the sample shop's policy and change a rule."""
    tab.click("policy_sample")
    box = tab.page.locator("[class*=st-key-policy_text_] textarea")
    box.fill(box.input_value().replace("30", "31", 1).replace("7", "8", 1))
    box.press("Tab")
    tab.settle()
    tab.click("policy_save")


def replace_policy(tab: Tab, exercise: Exercise) -> None:
    """Give the assistant the rules of the help desk."""
    box = tab.page.locator("[class*=st-key-policy_text_] textarea")
    box.fill(code_block(exercise))
    box.press("Tab")
    tab.settle()
    tab.click("policy_save")


def answer_again(tab: Tab, exercise: Exercise) -> None:
    """Answer the last messages again."""
    tab.click("check_run")


def compare_runs(tab: Tab, exercise: Exercise) -> None:
    """Compare the newest run with the one before it."""
    tab.page.locator("[class*=st-key-second_] input").click()
    tab.page.get_by_role("option").nth(1).click()
    tab.settle()


def other_shop(tab: Tab, exercise: Exercise) -> None:
    """Load the other sample shop, and bring the first one back."""
    other = "zh" if tab.language == "en" else "en"
    tab.unfold("manage")
    tab.click(f"reload_{other}")
    tab.unfold("manage")
    tab.click("undo")


def watch(tab: Tab, exercise: Exercise) -> None:
    """Have the headlines read."""
    tab.fill("watch_pasted", code_block(exercise))


# Per exercise, what is done in which of its steps.
WORK: Mapping[str, Mapping[int, Do]] = {
    "pretrained": {4: train},
    "reading-products": {2: sort_own, 3: train, 4: decide_gaps},
    "intent": {1: ask_intents, 2: train_if_none, 5: label_intents, 6: train_again},
    "search": {
        1: train,
        2: ask_queries,
        3: grade,
        4: grade_again,
        5: settle_grades,
        6: weigh_fields,
    },
    "recommendation": {1: view_products, 2: train, 3: choose_heavy, 4: diversify, 5: make_rules},
    "copy": {1: write_copy, 2: write_more, 3: train, 4: write_best, 5: summarise},
    "sentiment": {2: read_review, 3: train},
    "cross-sell": {2: add_product, 5: train},
    "feedback": {1: react, 3: simulate, 4: simulate_greedy},
    "assistant": {
        1: chat("messages", 0, 1),
        2: use_policy,
        3: chat("messages", 0, 4),
        4: chat("messages", 4, 7),
        6: answer_again,
    },
    "limits": {1: train_small, 2: train_if_none, 6: compare_runs, 7: other_shop},
    "pitch": {1: cite, 3: keep_case, 5: keep_plan, 7: download},
    "opinion-watch": {1: train_if_none, 3: watch},
    "help-desk": {1: replace_policy, 2: chat("desk", 0, 7), 4: answer_again},
}


def do_step(tab: Tab, exercise: Exercise, number: int, step: Step) -> None:
    """Follow a step's link and do what it says; a forecast comes before its training."""
    if step.page == "tune" and exercise.shot is not None:
        tab.call_shot(exercise)
    if step.page != "course":
        tab.follow(number, step)
    if work := WORK[exercise.slug].get(number):
        work(tab, exercise)
