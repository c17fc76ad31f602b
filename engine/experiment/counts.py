"""The counts of a finished test, as somebody pastes or uploads them."""

import re

from engine.errors import InputError
from engine.experiment.result import Group

LONGEST = 4_000  # characters
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?:\D|$))")
# Signs that stand only between cells, and numbers with nothing but space between them.
_PARTED = re.compile(r"[\t;；，]")
_SPACED = re.compile(r"\d\s+-?\d")
_MOST = 10**12


def read_counts(text: str) -> tuple[Group, Group]:
    """Control and treated group, from two lines in this order.

    A line is an optional name, the shoppers and the buyers ("A, 10000, 512"), or the shoppers, the
    mean and the standard deviation ("B 10000 12.40 31.5"). Lines without two numbers, such as a
    header, are passed over. Raises InputError for anything else.
    """
    if len(text) > LONGEST:
        raise InputError("experiment.result.too_long", most=f"{LONGEST:,}")
    rows = [row for row in map(_numbers, text.splitlines()) if len(row) >= 2]
    if len(rows) != 2:
        raise InputError("experiment.result.two_groups", n=len(rows))
    control, treated = map(_group, rows)
    return control, treated


def _numbers(line: str) -> list[float]:
    """The numbers after the last name of a line, parted by tabs, `;`, commas or spaces."""
    if parted := _PARTED.search(line):
        cells = line.split(parted[0])
    elif _SPACED.search(line):
        cells = _THOUSANDS.sub("", line).split()
    else:
        cells = line.split(",")
    plain = [_THOUSANDS.sub("", cell.strip()) for cell in cells]
    numbers = [float(cell) if _NUMBER.fullmatch(cell) else None for cell in plain if cell]
    last_name = max((place for place, number in enumerate(numbers) if number is None), default=-1)
    return [number for number in numbers[last_name + 1 :] if number is not None]


def _group(row: list[float]) -> Group:
    shoppers = row[0]
    if len(row) > 3 or shoppers != int(shoppers) or not 0 <= shoppers <= _MOST:
        raise InputError("experiment.result.bad_number")
    if len(row) == 3:
        return Group(int(shoppers), row[1], row[2])
    buyers = row[1]
    if buyers < 0 or buyers != int(buyers):
        raise InputError("experiment.result.bad_number")
    return Group(int(shoppers), buyers / shoppers if shoppers else 0.0)
