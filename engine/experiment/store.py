"""A workspace's plan, and what its finished test said.

```
<workspace>/experiment/plan.json      the plan, see engine.experiment.plan
<workspace>/experiment/result.json    the last result that was kept, see engine.experiment.result
```
"""

import json
from dataclasses import dataclass

from engine.experiment.plan import Plan
from engine.experiment.result import Result
from engine.storage.files import read_text
from engine.storage.json_file import save_json
from engine.storage.workspace import Workspace

PLAN, RESULT = "experiment/plan.json", "experiment/result.json"


@dataclass(frozen=True)
class KeptResult:
    """A result, the metric it is about, and when it was kept (epoch seconds)."""

    result: Result
    metric: str
    created: float


class PlanStore:
    """The plan and the result of one workspace; each is replaced when it is saved again."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def read(self) -> Plan | None:
        """The plan; None if there is none, or it cannot be read."""
        text = read_text(self._workspace.folder / PLAN)
        try:
            return Plan.from_json(json.loads(text)) if text else None
        except (ValueError, TypeError, KeyError):
            return None

    def save(self, plan: Plan) -> None:
        """Keep `plan` instead of the one before. InputError for a full or deleted workspace."""
        save_json(self._workspace, PLAN, plan.as_json())

    def result(self) -> KeptResult | None:
        """The last result that was kept; None if there is none, or it cannot be read."""
        text = read_text(self._workspace.folder / RESULT)
        try:
            if text is None:
                return None
            record = json.loads(text)
            return KeptResult(Result(**record["result"]), record["metric"], record["created"])
        except (ValueError, TypeError, KeyError):
            return None

    def save_result(self, kept: KeptResult) -> None:
        """Keep a result. Raises InputError for a full or deleted workspace."""
        about = {"metric": kept.metric, "created": kept.created}
        record = {"result": kept.result.as_json(), **about}
        save_json(self._workspace, RESULT, record)
