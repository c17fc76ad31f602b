"""A workspace's business case on disk: `<workspace>/case/case.json`."""

import json
from dataclasses import dataclass

from engine.case.assumptions import Assumptions
from engine.case.gain import Gain
from engine.errors import InputError
from engine.storage.files import read_text
from engine.storage.json_file import save_json
from engine.storage.workspace import Workspace

FILE = "case/case.json"


@dataclass(frozen=True)
class Case:
    """A team's assumptions and the gain they start from, None for the newest that there is.

    `saved` is in epoch seconds.
    """

    assumptions: Assumptions
    gain: Gain | None = None
    saved: float = 0.0


class CaseStore:
    """The case of one workspace; it is replaced when it is saved again."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def read(self) -> Case | None:
        """The case; None if there is none, or it cannot be read."""
        text = read_text(self._workspace.folder / FILE)
        try:
            record = json.loads(text) if text else None
            if record is None:
                return None
            gain = record["gain"] and Gain(**record["gain"])
            return Case(Assumptions.from_json(record["assumptions"]), gain, record["saved"])
        except (ValueError, TypeError, KeyError, AttributeError, InputError):
            return None

    def save(self, case: Case) -> None:
        """Keep `case`. Raises InputError for a full or deleted workspace."""
        gain = case.gain.as_json() if case.gain else None
        record = {"assumptions": case.assumptions.as_json(), "gain": gain, "saved": case.saved}
        save_json(self._workspace, FILE, record)
