"""What a team does in the exercise of the pitch: idea, case, plan and report."""

from bench.course_tab import Tab
from bench.course_words import words
from engine.course.exercise import Exercise


def cite(tab: Tab, exercise: Exercise) -> None:
    """Make an idea of a verdict."""
    tab.page.locator("[class*=st-key-evidence_] button").first.click()
    tab.page.locator(".st-key-brought_attach button").wait_for()
    tab.settle()
    tab.click("brought_attach")
    title = tab.page.locator("[class*=title] input").first
    title.fill(words(tab, "idea")[0])
    title.press("Tab")
    tab.settle()
    tab.click("ideas_save")


def keep_case(tab: Tab, exercise: Exercise) -> None:
    """Keep the figures of the business case."""
    tab.page.locator(".st-key-case_assumptions summary").click()
    tab.click("keep_case")


def keep_plan(tab: Tab, exercise: Exercise) -> None:
    """Write the hypothesis and keep the plan."""
    tab.fill("hypothesis", words(tab, "hypothesis")[0])
    tab.click("keep_plan")


def download(tab: Tab, exercise: Exercise) -> None:
    """Download the report."""
    with tab.waiting(), tab.page.expect_download() as download:
        tab.page.locator(".st-key-report_downloads button").first.click()
    assert download.value.path().read_bytes()[:2] == b"PK"
