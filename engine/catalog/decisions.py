"""What people decided about suggested values, stored beside the tables.

```
<workspace>/decisions.jsonl   one per line, newest last: `COLUMNS`; `open` undoes a decision
```

Accepted values only go into the catalog that is downloaded. A model that learned from them would
be measured against its own answers.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from engine.storage.changing import changing

COLUMNS = ["product_id", "attribute", "value", "confidence", "state", "batch"]
ACCEPTED, REJECTED, OPEN = "accepted", "rejected", "open"


class Decisions:
    """The decisions of one workspace."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "decisions.jsonl"

    @property
    def stamp(self) -> int:
        """A mark that changes with every decision."""
        return self.file.stat().st_size if self.file.is_file() else 0

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
            batch = int(self._lines()["batch"].max()) + 1 if self.stamp else 1
            self._write(row | {"state": state, "batch": batch} for row in chosen.to_dict("records"))
        return len(chosen)

    def undo(self) -> int:
        """Undo the last batch that still stands; returns its number of decisions."""
        with changing(self.file.parent):
            standing = self.table()
            if standing.empty:
                return 0
            last = standing[standing["batch"] == standing["batch"].max()]
            self._write(row | {"state": OPEN} for row in last.to_dict("records"))
        return len(last)

    def _lines(self) -> pd.DataFrame:
        lines = self.file.read_text(encoding="utf-8").splitlines() if self.file.is_file() else []
        return pd.DataFrame([json.loads(line) for line in lines], columns=COLUMNS)

    def _write(self, rows: Iterable[Mapping[Any, object]]) -> None:
        with self.file.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
