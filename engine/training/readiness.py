"""Which tasks can learn from a shop."""

from engine.tables.tables import Tables
from engine.tasks import TASKS, get_task
from engine.tasks.base import Readiness


def rate_tasks(tables: Tables) -> dict[str, Readiness]:
    """The readiness of every task, for which a large shop is worked out elsewhere."""
    if tables.elsewhere is not None:
        return tables.elsewhere.summarise(_rate, corrections=True)
    return _rate(tables)


def _rate(tables: Tables) -> dict[str, Readiness]:
    return {name: get_task(name).readiness(tables) for name in TASKS}
