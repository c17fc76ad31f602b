"""Names, figures and citations as a report writes them."""

from datetime import UTC, datetime

from engine.evaluation.compare import Interval
from engine.evidence.citation import Citation
from engine.evidence.ledger import state
from engine.evidence.words import say_citation, say_state
from engine.messages import name_of, say
from engine.report.content import Claim
from engine.storage.workspace import Workspace


def text(code: str, language: str, **values: object) -> str:
    """A text of the report."""
    return say(f"report.{code}", language, **values)


def task_name(task: str, language: str) -> str:
    """What a task is called."""
    return name_of(f"{task}.name", language, task)


def system_name(system: str, language: str) -> str:
    """What a system is called."""
    return name_of(f"systems.{system}", language, system)


def metric_name(metric: str, language: str) -> str:
    """What a metric is called."""
    return name_of(f"metrics.{metric}", language, metric)


def day(time: float) -> str:
    """The day of a point in time, in UTC."""
    return f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d}"


def interval_text(one: Interval) -> str:
    """A difference with its 95 % interval."""
    return f"{one.delta:+.3f} [{one.low:+.3f}, {one.high:+.3f}]"


def claim(workspace: Workspace, sentence: str, citation: Citation, language: str) -> Claim:
    """`sentence` with its citation, which says so if it does not hold any more."""
    found = state(workspace, citation)
    source = text("source", language, source=say_citation(citation, language))
    if not found.valid:
        source = f"{say_state(found, language)} {source}"
    return Claim(sentence, source, holds=found.valid)
