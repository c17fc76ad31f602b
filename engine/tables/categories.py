"""Category paths: "Clothing > Shoes > Boots" names the levels of a tree, the last one its leaf."""

from collections.abc import Iterable

import pandas as pd

from engine.tables.schema import CATEGORY_SEPARATOR


def levels(path: str) -> list[str]:
    """The names along a path, the widest first."""
    return path.split(CATEGORY_SEPARATOR)


def join_levels(names: Iterable[str]) -> str:
    """The path through `names`, the widest first."""
    return CATEGORY_SEPARATOR.join(names)


def leaf(path: str) -> str:
    """The last name of a path."""
    return path.rpartition(CATEGORY_SEPARATOR)[2]


def leaves(paths: pd.Series) -> list[str]:
    """The leaf of each path, "" where there is none."""
    return [leaf(path) for path in paths.astype("str").fillna("")]


def top_level(path: str) -> str:
    """The first name of a path."""
    return path.partition(CATEGORY_SEPARATOR)[0]


def depth(path: str) -> int:
    """How many names a path has."""
    return path.count(CATEGORY_SEPARATOR) + 1


def cut_path(path: str, most: int) -> str:
    """The first `most` names of a path."""
    return join_levels(levels(path)[:most])


def is_within(path: str, category: str) -> bool:
    """Whether `path` is `category` or lies below it."""
    return (path + CATEGORY_SEPARATOR).startswith(category + CATEGORY_SEPARATOR)
