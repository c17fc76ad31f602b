"""Judgments of several people: a row or a column a person, the mean that counts, and who said what.

The mean is the relevance of a pair; the grades by rater are kept beside it as a JSON object.
"""

import json
import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from engine.reading.headers import aliases, squash
from engine.reading.sheet import Sheet
from engine.tables.agreement import measure

if TYPE_CHECKING:
    from engine.reading.reader import RawTable

PAIR = ["query", "product_id"]
RATER, GRADE = "rater", "grade"
_ROW = "\0row"  # no column of a file is called so
MOST_CELLS = 5_000_000  # of a table of raters and pairs
SHOWN = 3  # disputed pairs in a message
_NAMED = re.compile(
    r"(?i)(?:rater|judge|annotator|assessor|grader|labell?er|评审|评委|标注员|评分人)[\W_]*+\w+"
)
_BOOK = {"query", "docid"}
_SMALL_NUMBER = r"\d{1,2}(?:\.\d+)?"


def stack_raters(raw: "RawTable") -> "RawTable":
    """Judgments with a column of grades for each person, as a row for each grade.

    Such columns are called "judge Ann" or the like, or stand alone beside `query` and `docid`, as
    in a book of Quepid. Other tables stay as they are.
    """
    people = _columns_of_people(raw.frame)
    if not people:
        return raw
    others = [column for column in raw.frame if column not in people]
    rows = raw.frame.astype("str").assign(**{_ROW: raw.rows.to_numpy()})
    stacked = rows.melt([_ROW, *others], people, RATER, GRADE)
    graded = stacked[GRADE].notna()
    # A pair that nobody graded stays once, to be counted.
    stacked = stacked[
        graded | ~(stacked[_ROW].isin(stacked[_ROW][graded]) | stacked[_ROW].duplicated())
    ]
    stacked = stacked.sort_values(_ROW, kind="stable").reset_index(drop=True)
    frame = stacked.drop(columns=_ROW).astype("str")
    return replace(raw, frame=frame, rows=stacked[_ROW])


def _columns_of_people(frame: pd.DataFrame) -> list[str]:
    columns = [str(column) for column in frame]
    names = {squash(column) for column in columns}
    if names & {RATER, GRADE}:
        return []
    people = [column for column in columns if _NAMED.fullmatch(column.strip())]
    named = set(map(squash, aliases()["judgments"]["relevance"]))
    if names >= _BOOK and not names & named:
        people = [column for column in columns if squash(column) not in _BOOK]
    graded = [column for column in people if frame[column].notna().any()]
    numbers = all(frame[column].dropna().str.fullmatch(_SMALL_NUMBER).all() for column in graded)
    return people if len(people) > 1 and graded and numbers else []


def merge_raters(sheet: Sheet) -> None:
    """Give each pair that several people rated the mean of their grades, and keep it once.

    Where the file names the raters, their grades are kept apart as a JSON object by rater, and how
    far they agree is said. Otherwise there is no column of raters.
    """
    rows = pd.DataFrame({name: sheet.done[name] for name in (*PAIR, "relevance", "raters")})
    good = rows[sheet.good]
    named = bool(good["raters"].notna().any())
    if not named:
        del sheet.done["raters"]
    repeated = good.duplicated(PAIR, keep=False)
    different = good.groupby(PAIR)["relevance"].transform("nunique") > 1
    if not named and not different.any():
        return
    raters = good["raters"].fillna(pd.Series([f"#{row}" for row in good.index], good.index))
    grades = good.assign(raters=raters).groupby([*PAIR, "raters"])["relevance"].mean()
    means = grades.groupby(PAIR).mean()
    first = good[~good.duplicated(PAIR)]
    keys = pd.MultiIndex.from_frame(first[PAIR])
    relevance = sheet.done["relevance"].copy()
    relevance[first.index] = means.reindex(keys).to_numpy()
    sheet.done["relevance"] = relevance
    # Equal rows that name nobody are repetitions, not opinions.
    merged = good.index[good.duplicated(PAIR) & (different | named)]
    dropped = pd.Series(rows.index.isin(merged)).to_numpy()
    sheet.good &= ~dropped
    sheet.left_out |= dropped
    if different.any() or (named and repeated.any()):
        sheet.note(
            "data.raters",
            sheet.mapping.fields.get("relevance"),
            pairs=int(repeated[first.index].sum()),
            count=int(different[first.index].sum()),
        )
    if named:
        by_pair: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
        flat = grades.reset_index()
        cells = (flat[name] for name in (*PAIR, "raters", "relevance"))
        for query, product, rater, grade in zip(*cells, strict=True):
            by_pair[query, product][rater] = round(float(grade), 4)
        texts = [json.dumps(by_pair[pair], ensure_ascii=False) for pair in keys]
        sheet.done["raters"] = pd.Series(texts, first.index, dtype="str").reindex(rows.index)
        _say_agreement(sheet, grades)


def _say_agreement(sheet: Sheet, grades: pd.Series) -> None:
    """Say how far the raters agree on the pairs that several rated, or on the first of these."""
    shared = grades[grades.groupby(PAIR).transform("size") > 1]
    people = shared.index.get_level_values("raters").nunique()
    if people < 2:
        return
    numbers = shared.groupby(PAIR, sort=False).ngroup()
    wide = shared[numbers < MOST_CELLS // people].unstack(PAIR)
    agreement = measure(wide.set_axis(range(wide.shape[1]), axis=1))
    column = sheet.mapping.fields.get("raters")
    if agreement.alpha is None:
        return
    examples = [
        f"{pair[0]} · {pair[1]} ({', '.join(f'{who}: {grade:g}' for who, grade in cells.items())})"
        for pair, cells in (
            (wide.columns[int(place)], wide.iloc[:, int(place)].dropna())
            for place in agreement.disputed[:SHOWN]
        )
    ]
    code = "data.raters_dispute" if examples else "data.raters_agree"
    params: dict[str, object] = {"people": agreement.people, "alpha": agreement.alpha}
    if examples:
        params |= {"count": len(agreement.disputed), "examples": "; ".join(examples)}
    sheet.note(code, column, **params)
