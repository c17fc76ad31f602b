"""Maps a file's columns to fields, by guessing from headers and cells."""

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field

import pandas as pd

from engine.errors import InputError
from engine.reading.headers import aliases, squash
from engine.reading.presets import expand, presets, recognise, spell
from engine.reading.profile import TITLE_CHARACTERS, Profile, profile, tell_groups
from engine.tables.schema import TABLES, Field
from engine.text.normal_form import normal_form

SAMPLE_ROWS = 1000
_THRESHOLD = 0.2
_PART = 0.6  # the highest score of a header that only contains the name of a field
_HALF = 0.5  # a column with so many cells filled is as good as a full one
_SURE = 0.8  # cells fit a field so well that no name is needed
# What shops often export besides, and what must not become a field for its content.
_OTHER_MEANINGS = {
    *("status", "state", "source", "curated", "reply", "replydate", "tag", "tags", "currency"),
    *("stock", "inventory", "color", "colour", "size", "material", "weight", "email", "phone"),
    *("address", "reviewername", "verified", "helpful", "published", "visibility"),
    *("reviewtitle", "headline", "subject", "shipping", "tax", "variants"),
    *(
        "状态",
        "来源",
        "标签",
        "库存",
        "颜色",
        "尺码",
        "尺寸",
        "材质",
        "重量",
        "邮箱",
        "电话",
        "地址",
        "备注",
    ),
}
_BELIEVED = ("id", "number", "time")
# Words in the name of a column of numbers, which are nobody's id ("events per user").
_MEASURES = {"count", "per", "average", "avg", "mean", "rate", "ratio", "share", "total", "sum"}
# Other columns that mean these fields of a product fill their gaps; another brand would be a lie.
_FILLED = ("category", "price", "description", "image")
_NO_PRICE = {"cost", "costprice"}
# How RecBole writes the kind of a column behind its name.
_RECBOLE = re.compile(r":(?:token|float)(?:_seq)?$")
_LEVEL = re.compile(r"(?i)(.*[^\W\d_])[\s_-]*([1-5])")
_CHINESE_LEVEL = re.compile(r"([一二三四五])级(.+)")
_NAMELESS = re.compile(r"column_\d+")
_CONTENT_ONLY = 0.45  # the highest score of content alone, below that of any fitting name


@dataclass(frozen=True)
class ColumnMapping:
    """The column that each field is read from.

    `fields` is field → column, `confidence` field → 0 to 1 (1 for a preset or the user's choice),
    `unused` are the columns that no field is read from, and `preset` is the name of the recognised
    system whose export it is. A missing value is taken from the first of the field's `fallbacks`.
    `levels` are the columns with the further levels of the category.
    """

    table: str
    fields: dict[str, str]
    confidence: dict[str, float]
    unused: list[str]
    preset: str | None = None
    fallbacks: dict[str, list[str]] = dataclass_field(default_factory=dict)
    levels: list[str] = dataclass_field(default_factory=list)

    @property
    def missing(self) -> list[str]:
        """The required fields without a column."""
        return [name for name in TABLES[self.table].required if name not in self.fields]

    @property
    def label(self) -> str | None:
        """What people call the preset."""
        return presets()[self.preset].label if self.preset else None

    def as_json(self) -> dict[str, object]:
        """The mapping in the form of `tables.json`."""
        return {"fields": self.fields, "confidence": self.confidence, "preset": self.label}


def guess(table: str, frame: pd.DataFrame) -> ColumnMapping:
    """The most likely mapping of a file's columns to `table`'s fields."""
    preset = recognise(table, frame.columns)
    step = max(1, len(frame) // SAMPLE_ROWS)
    sample = expand(frame.iloc[::step].head(SAMPLE_ROWS) if preset is None else frame, preset)
    sample = sample.head(SAMPLE_ROWS).astype("str")
    fields: dict[str, str] = {}
    confidence: dict[str, float] = {}
    fallbacks: dict[str, list[str]] = {}
    for name, paths in (preset.fields if preset else {}).items():
        present = [column for column in (spell(path, sample.columns) for path in paths) if column]
        filled = [column for column in present if sample[column].notna().any()]
        if present:
            fields[name], confidence[name] = (filled or present)[0], 1.0
            fallbacks[name] = [column for column in filled if column != fields[name]]
    columns = [str(column) for column in sample]
    used = {*fields.values(), *(column for others in fallbacks.values() for column in others)}
    profiles = {column: profile(sample[column]) for column in columns if column not in used}
    # What cells alone say takes longest, so it is asked of what no name has decided.
    for score in (_sure_score, _score):
        scores = [
            (score(table, field, column, column_profile), field.name, column)
            for field in TABLES[table].fields
            for column, column_profile in profiles.items()
            if field.name not in fields and column not in fields.values()
        ]
        for best, name, column in sorted(scores, key=lambda scored: -scored[0]):
            if best >= _THRESHOLD and name not in fields and column not in fields.values():
                fields[name], confidence[name] = column, round(best, 2)
    if table == "products" and "title" not in fields and "description" in fields:
        # What a product is called may be its only description.
        brief = profiles.get(fields["description"])
        if brief is not None and 0 < brief.length <= TITLE_CHARACTERS:
            fields["title"] = fields.pop("description")
            confidence["title"] = confidence.pop("description")
    if table == "products":
        for name in _FILLED:
            if name in fields and name not in fallbacks:
                others = [column for column in profiles if column not in fields.values()]
                fallbacks[name] = _fillers(TABLES[table].field(name), profiles, others)
    if not fields.keys() - {"product_id", "title", "price", "image", "description"}:
        nameless = {
            column: cells for column, cells in profiles.items() if _NAMELESS.fullmatch(column)
        }
        for name, column in tell_groups(table, nameless, fields).items():
            fields[name], confidence[name] = column, _CONTENT_ONLY
    order = TABLES[table].columns
    unused = [column for column in columns if column not in fields.values()]
    return ColumnMapping(
        table,
        {name: fields[name] for name in order if name in fields},
        {name: confidence[name] for name in order if name in fields},
        unused,
        preset.name if preset else None,
        {name: others for name, others in fallbacks.items() if others},
        _levels(fields["category"], columns)
        if table == "products" and "category" in fields
        else [],
    )


def edit(
    mapping: ColumnMapping, changes: Mapping[str, str], columns: Iterable[str], file: str
) -> ColumnMapping:
    """The mapping with the user's own choices for `file`; an empty column removes a field.

    Raises InputError for a field that is not in the table or a column that is not in the file.
    """
    columns = list(columns)
    fields, confidence = dict(mapping.fields), dict(mapping.confidence)
    for name in changes:
        if name not in TABLES[mapping.table].columns:
            field_names = ", ".join(TABLES[mapping.table].columns)
            raise InputError(
                "data.unknown_field", file=file, table=mapping.table, field=name, fields=field_names
            )
        fields.pop(name, None)
        confidence.pop(name, None)
    for name, column in changes.items():
        if not column:
            continue
        spelt = column if column in columns else spell(column, columns)
        if spelt is None:
            raise InputError(
                "data.unknown_column",
                file=file,
                table=mapping.table,
                field=name,
                column=column,
                columns=", ".join(columns),
            )
        for rival in [rival for rival, used in fields.items() if used == spelt]:
            if rival not in changes:
                del fields[rival], confidence[rival]
        fields[name], confidence[name] = spelt, 1.0
    unused = [column for column in columns if column not in fields.values()]
    fallbacks = {name: others for name, others in mapping.fallbacks.items() if name not in changes}
    levels = [] if "category" in changes else mapping.levels
    return replace(
        mapping,
        fields=fields,
        confidence=confidence,
        unused=unused,
        fallbacks=fallbacks,
        levels=levels,
    )


def _sure_score(table: str, field: Field, column: str, column_profile: Profile) -> float:
    """`_score` if it is by the name and so high that cells alone never reach it, else 0."""
    named = _named_score(table, field, column, column_profile) or 0.0
    return named if named > _CONTENT_ONLY else 0.0


def _score(table: str, field: Field, column: str, column_profile: Profile) -> float:
    """How sure it is that `column` is `field`, from 0 to 1."""
    named = _named_score(table, field, column, column_profile)
    if named is not None:
        return named
    # How the cells fit takes longest, and few fields are told by cells alone.
    if not column_profile.tells(field) or _means_another(column, field):
        return 0.0
    fit = column_profile.fits(table, field)
    return _CONTENT_ONLY * fit if fit >= _SURE else 0.0


def _named_score(table: str, field: Field, column: str, column_profile: Profile) -> float | None:
    """The score by the name of the column and its cells; None if the name says nothing."""
    name = _name_score(column, table, field)
    if not name or (name <= _PART and field.kind == "text" and column_profile.number > _SURE):
        return None
    fit = column_profile.fits(table, field)
    filled = min(1.0, column_profile.filled / _HALF)
    # A plain header such as "price" is believed even if the cells are no prices, so that the
    # user is told what is wrong with them.
    believed = fit or not column_profile.filled or (name > _PART and field.kind in _BELIEVED)
    return name * (0.6 + 0.4 * filled) * (0.4 + 0.6 * fit) if believed else 0.0


def _levels(category: str, columns: Sequence[str]) -> list[str]:
    """The columns that go on where `category` has the first level: "二级类目", "Category 2"."""
    places = {_level(column): column for column in columns}
    stem, first = _level(category)
    levels: list[str] = []
    while first == 1 and (column := places.get((stem, len(levels) + 2))):
        levels.append(column)
    return levels


def _level(column: str) -> tuple[str, int]:
    """The name of a column without its level, and the level; 0 if it names none."""
    if match := _CHINESE_LEVEL.fullmatch(column.strip()):
        return match[2], "一二三四五".index(match[1]) + 1
    match = _LEVEL.fullmatch(column.strip())
    return (match[1].lower(), int(match[2])) if match else (column, 0)


def _fillers(field: Field, profiles: Mapping[str, Profile], columns: Iterable[str]) -> list[str]:
    """The columns that mean `field` by their whole name and fit it, the surest first."""
    names = [squash(alias) for alias in aliases()["products"][field.name]]
    fitting = [
        column
        for column in columns
        if squash(column) in names
        and squash(column) not in _NO_PRICE
        and profiles[column].fits("products", field) >= _HALF
    ]
    return sorted(fitting, key=lambda column: names.index(squash(column)))


def _means_another(column: str, field: Field) -> bool:
    """Whether the name of a column says that it is something else than `field`."""
    squashed = squash(column)
    return squashed in _OTHER_MEANINGS or bool(_meanings().get(squashed, set()) - {field.name})


@functools.cache
def _meanings() -> dict[str, set[str]]:
    """The fields of all tables that each name stands for."""
    meanings: dict[str, set[str]] = {}
    for fields in aliases().values():
        for field, names in fields.items():
            for name in names:
                meanings.setdefault(squash(name), set()).add(field)
    return meanings


def _name_score(column: str, table: str, field: Field) -> float:
    column = _RECBOLE.sub("", column)
    squashed, words = squash(column), _words(column)
    measured = field.kind in ("id", "choice") and not _MEASURES.isdisjoint(words)
    best = 0.0
    for certainty, alias, parts in _names(table, field.name):
        if alias == squashed:
            best = max(best, certainty)
        elif not measured and (
            _within(parts, words) or (not alias.isascii() and len(alias) > 1 and alias in squashed)
        ):
            best = max(best, _PART * certainty * (0.5 + 0.5 * len(alias) / len(squashed)))
    return best


@functools.cache
def _names(table: str, field: str) -> list[tuple[float, str, list[str]]]:
    """How sure each name of a field is, the name as it is compared, and its words."""
    names = aliases()[table].get(field, [field])
    return [
        (1.0 - 0.3 * place / len(names), squash(name), _words(name))
        for place, name in enumerate(names)
    ]


def _words(header: str) -> list[str]:
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", normal_form("NFKC", header))
    return [word.lower() for word in re.split(r"[\W_]+", parted) if word]


def _within(part: list[str], words: list[str]) -> bool:
    return bool(part) and any(
        words[start : start + len(part)] == part for start in range(len(words) - len(part) + 1)
    )
