"""What people decided about suggested values, stored beside the tables.

```
<workspace>/decisions.jsonl   one per line, newest last: `COLUMNS`; `open` undoes a decision
```

Accepted values only go into the catalog that is downloaded. A model that learned from them would
be measured against its own answers.
"""

from pathlib import Path

import pandas as pd

from engine.storage.append_log import AppendLog
from engine.storage.changing import changing
from engine.storage.files import changed_at

COLUMNS = ["product_id", "attribute", "value", "confidence", "state", "batch"]
ACCEPTED, REJECTED, OPEN = "accepted", "rejected", "open"


class Decisions:
    """The decisions of one workspace."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "decisions.jsonl"
        self._log = AppendLog(self.file)

    @property
    def stamp(self) -> int:
        """A mark that changes with every decision."""
        return changed_at(self.file)

    def table(self) -> pd.DataFrame:
        """The last decision on each attribute of each product, without those undone.

        It has `COLUMNS`; decisions made together share a `batch`.
        """
        frame = self._lines().drop_duplicates(["product_id", "attribute"], keep="last")
        return frame[frame["state"] != OPEN].reset_index(drop=True)

    def decide(self, suggestions: pd.DataFrame, state: str) -> int:
        """Accept or reject suggestions with the first four of `COLUMNS`; returns their number."""
        chosen = suggestions[["product_id", "attribute", "value", "confidence"]]
        with changing(self.file.parent):
            batches = self._lines()["batch"]
            batch = 1 if batches.empty else int(batches.max()) + 1
            self._log.append(_rows(chosen.assign(state=state, batch=batch)))
        return len(chosen)

    def undo(self) -> int:
        """Undo the last batch that still stands; returns its number of decisions."""
        with changing(self.file.parent):
            standing = self.table()
            if standing.empty:
                return 0
            last = standing[standing["batch"] == standing["batch"].max()]
            self._log.append(_rows(last.assign(state=OPEN)))
        return len(last)

    def _lines(self) -> pd.DataFrame:
        return pd.DataFrame(self._log.rows(), columns=COLUMNS)


def _rows(decisions: pd.DataFrame) -> list[dict[str, object]]:
    return [
        {str(name): value for name, value in row.items()} for row in decisions.to_dict("records")
    ]
