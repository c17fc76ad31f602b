"""Summaries of a shop's tables on the disk, see `engine.tables.tables.summary`.

```
<workspace>/.summaries/<generation, language and code>/<module>.<function>.parquet or .json
```

A frame or series is a Parquet file, anything else JSON, and so is the InputError of tables that say
too little. The folder is hidden: no copy and no backup of the workspace holds it.
"""

import functools
import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar, cast, get_type_hints

import pandas as pd
import pyarrow.parquet as pq

from engine.codec import decode, encode
from engine.errors import InputError, Problem
from engine.settings import PROJECT
from engine.storage.files import changed_at, read_text, write_atomically, write_json

T = TypeVar("T")
Derive = Callable[..., T]

FOLDER = ".summaries"
# The column that a series without a name has on the disk.
_NAMELESS = "_"


class KeptSummaries:
    """The summaries of one generation of the tables of the workspace in `workspace`."""

    def __init__(self, workspace: Path, generation: str, language: str) -> None:
        self.workspace, self.generation, self.language = workspace, generation, language
        mark = hashlib.sha256(f"{generation} {language} {_code()}".encode()).hexdigest()[:16]
        self.folder = workspace / FOLDER / mark

    def file_of(self, derive: Derive[T], *, corrections: bool = False) -> Path:
        """Where the summary is kept that `derive` makes, without the ending of its name.

        It is another place after each of the `corrections`, if `derive` reads them.
        """
        name = f"{derive.__module__}.{derive.__qualname__}"
        if corrections:
            name += f"-{changed_at(self.workspace / 'corrections.jsonl')}"
        return self.folder / name

    def keep(self, derive: Derive[T], make: Callable[[], T], file: Path) -> T:
        """The summary in `file`, which is made and kept if it is not there.

        Raises the InputError of tables that say too little.
        """
        if not is_kept(file):
            self._forget_others()
            write_outcome(make, file)
        return read_outcome(derive, file)

    def _forget_others(self) -> None:
        """Delete what was worked out from other tables, or by another version of the code."""
        for other in self.folder.parent.glob("*"):
            if other != self.folder:
                shutil.rmtree(other, ignore_errors=True)


def is_kept(file: Path) -> bool:
    """Whether there is an outcome in `file`."""
    return any(_with(file, ending).exists() for ending in ("parquet", "json"))


def write_outcome(make: Callable[[], object], file: Path) -> None:
    """Write what `make` returns, or the InputError that it raises."""
    try:
        value = make()
    except InputError as error:
        problems = [asdict(problem) for problem in error.details]
        outcome = {"code": error.code, "params": error.params, "problems": problems}
        write_json(_with(file, "json"), outcome)
        return
    if isinstance(value, pd.Series):
        value = value.to_frame(_NAMELESS if value.name is None else value.name)
    if isinstance(value, pd.DataFrame):
        write_atomically(_with(file, "parquet"), value.to_parquet)
    else:
        write_json(_with(file, "json"), {"value": encode(value)})


def read_outcome(derive: Derive[T], file: Path) -> T:
    """What `write_outcome` wrote of the result of `derive`, or the InputError, which is raised.

    Raises FileNotFoundError where there is none.
    """
    kind = get_type_hints(derive)["return"]
    if kind in (pd.DataFrame, pd.Series) and _with(file, "parquet").exists():
        frame = _read_frame(_with(file, "parquet"))
        return cast(T, frame if kind is pd.DataFrame else _as_series(frame))
    text = read_text(_with(file, "json"))
    if text is None:
        raise FileNotFoundError(file)
    outcome: dict[str, Any] = json.loads(text)
    if "code" in outcome:
        problems = [Problem(**problem) for problem in outcome["problems"]]
        raise InputError(outcome["code"], problems, **outcome["params"])
    return cast(T, decode(kind, outcome["value"]))


def _read_frame(file: Path) -> pd.DataFrame:
    frame = pd.read_parquet(file)
    about = pq.read_schema(file).pandas_metadata["columns"]
    # Texts come back as a column of texts, also where they were objects among others.
    objects = {one["name"]: "object" for one in about if one["numpy_type"] == "object"}
    return frame.astype({name: kind for name, kind in objects.items() if name in frame})


def _as_series(frame: pd.DataFrame) -> pd.Series:
    series: pd.Series = frame.iloc[:, 0]
    return series.rename(None) if series.name == _NAMELESS else series


def _with(file: Path, ending: str) -> Path:
    return file.with_name(f"{file.name}.{ending}")


@functools.cache
def _code() -> str:
    """A mark of the engine's code: what an older version worked out is worked out anew."""
    digest = hashlib.sha256()
    for file in sorted((PROJECT / "engine").rglob("*.py")):
        about = file.stat()
        digest.update(f"{file} {about.st_size} {about.st_mtime_ns}".encode())
    return digest.hexdigest()[:16]
