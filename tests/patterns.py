"""Every pattern in the code, and texts made to be slow for it."""

import ast
import functools
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from re import _constants, _parser
from typing import Any

from engine.settings import PROJECT

FILES = [*sorted((PROJECT / "engine").rglob("*.py")), *sorted((PROJECT / "pages").rglob("*.py"))]
_WAYS = {"search", "match", "fullmatch", "finditer", "findall", "split", "sub", "subn"}
# The ways in which a column of texts meets a pattern.
_COLUMN_WAYS = {
    "contains": "search",
    "match": "match",
    "fullmatch": "fullmatch",
    "replace": "sub",
    "extract": "search",
    "split": "split",
    "count": "findall",
}
# Any pattern may be slow where a sign of another kind follows what it repeats.
_SIGNS = (" ", "\n", "a", "1", "百", ".")
TAILS = ("", "\x1c§")
# Seconds of processor time a character: below, quadratic work would not show in the noise.
FAST = 1e-6
_REPEATS = (_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT)


@dataclass(frozen=True)
class Use:
    """A pattern as the code in `where` uses it."""

    where: str
    pattern: re.Pattern[Any]
    way: str

    def run(self, text: str) -> None:
        """Meet `text` with the pattern in the way the code does."""
        subject: Any = text if isinstance(self.pattern.pattern, str) else text.encode()
        if self.way in ("sub", "subn"):
            self.pattern.sub("" if isinstance(subject, str) else b"", subject)
        elif self.way == "finditer":
            for _ in self.pattern.finditer(subject):
                pass
        else:
            getattr(self.pattern, self.way)(subject)


def _calls(tree: ast.AST) -> Iterator[tuple[ast.Call, ast.Attribute]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node, node.func


def _is_re(function: ast.Attribute) -> bool:
    return isinstance(function.value, ast.Name) and function.value.id == "re"


@functools.cache
def written_patterns() -> tuple[list[Use], set[str]]:
    """The patterns that are written out in the code, and the places where others are built."""
    trees = {file: ast.parse(file.read_text(encoding="utf-8")) for file in FILES}
    ways: dict[str, set[str]] = defaultdict(set)
    for tree in trees.values():
        for _, function in _calls(tree):
            if function.attr in _WAYS and isinstance(function.value, ast.Name):
                ways[function.value.id].add(function.attr)
    uses: list[Use] = []
    built: set[str] = set()
    for file, tree in trees.items():
        where = str(file.relative_to(PROJECT))
        constants = {
            target.id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        names = {id(value): name for name, value in constants.items()}
        for call, function in _calls(tree):
            in_column = isinstance(function.value, ast.Attribute) and function.value.attr == "str"
            plain = any(
                k.arg == "regex" and not getattr(k.value, "value", 1) for k in call.keywords
            )
            if in_column and function.attr in _COLUMN_WAYS and not plain and call.args:
                used = {_COLUMN_WAYS[function.attr]}
            elif _is_re(function) and function.attr in _WAYS:
                used = {function.attr}
            elif _is_re(function) and function.attr == "compile":
                used = ways[names.get(id(call), "")] or {"search"}
            else:
                continue
            text = _text_of(call.args[0], constants)
            if text is None:
                built.add(where)
                continue
            flags = _flags_of(call)
            uses += [Use(f"{where}:{call.lineno}", re.compile(text, flags), way) for way in used]
    return uses, built


def _text_of(node: ast.expr, constants: dict[str, ast.expr]) -> str | bytes | None:
    """The pattern that an expression of constants stands for; None for any other expression."""
    match node:
        case ast.Constant(value=str() | bytes() as text):
            return text
        case ast.Name(id=name) if name in constants:
            return _text_of(constants[name], constants)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            parts = _text_of(left, constants), _text_of(right, constants)
            return None if None in parts else parts[0] + parts[1]  # type: ignore[operator]
    return None


def _flags_of(call: ast.Call) -> int:
    arguments = [*call.args[1:], *(keyword.value for keyword in call.keywords)]
    named = {
        node.attr
        for argument in arguments
        for node in ast.walk(argument)
        if isinstance(node, ast.Attribute)
    }
    return sum(int(flag) for flag in re.RegexFlag if flag.name in named)


def hostile(pattern: re.Pattern[Any]) -> set[tuple[str, str]]:
    """Beginnings, and what to repeat after each, that lead the pattern into its loops."""
    source = (
        pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin1")
    )
    tree = _parser.parse(source, pattern.flags & ~re.UNICODE)
    loops = {(head[-24:], body[:12]) for head, body in _loops(tree, "") if body}
    return {*((_, sign) for _ in ("",) for sign in _SIGNS), *loops, *(("", b) for _, b in loops)}


def _loops(tree: Any, head: str) -> Iterator[tuple[str, str]]:
    for code, value in tree:
        if code in _REPEATS:
            _, high, inner = value
            if high == _constants.MAXREPEAT or high > 20:
                yield from ((head, body) for body in _samples(inner))
            yield from _loops(inner, head)
        for inner in _inner(code, value):
            yield from _loops(inner, head)
        head += (_parts(code, value) or [""])[0]


def _inner(code: Any, value: Any) -> list[Any]:
    if code is _constants.SUBPATTERN:
        return [value[3]]
    if code is _constants.BRANCH:
        return list(value[1])
    if code in (_constants.ASSERT, _constants.ASSERT_NOT):
        return [value[1]]
    if code is _constants.ATOMIC_GROUP:
        return [value]
    return []


def _samples(tree: Any) -> list[str]:
    """A few texts that match, made of one sign for each class of signs."""
    texts = [""]
    for code, value in tree:
        texts = [text + part for text in texts for part in _parts(code, value)][:8]
    return texts


def _parts(code: Any, value: Any) -> list[str]:
    if code is _constants.LITERAL:
        return [chr(value)]
    if code is _constants.ANY:
        return ["a"]
    if code is _constants.NOT_LITERAL:
        return ["a" if value != ord("a") else "b"]
    if code is _constants.IN:
        return _members(value)
    if code is _constants.SUBPATTERN:
        return _samples(value[3])
    if code is _constants.BRANCH:
        return [text for branch in value[1] for text in _samples(branch)][:8]
    if code in _REPEATS:
        low, _, inner = value
        return [text * max(low, 1) for text in _samples(inner)]
    return [""]


def _members(value: Any) -> list[str]:
    if value[0][0] is _constants.NEGATE:
        source = "".join(chr(n) if code is _constants.LITERAL else "" for code, n in value[1:])
        return [sign for sign in _SIGNS if sign not in source][:3] or ["§"]
    signs = []
    for code, n in value:
        if code is _constants.LITERAL:
            signs.append(chr(n))
        elif code is _constants.RANGE:
            signs.append(chr(n[0]))
        elif code is _constants.CATEGORY:
            name = str(n)
            signs.append("1" if "DIGIT" in name else " " if "SPACE" in name else "a")
    return signs[:6]


def slow_text(
    run: Callable[[str], object], texts: Iterable[tuple[str, str, str]], most: float
) -> str:
    """A text for which `run` takes more than `most` times as long if it is ten times as long.

    `texts` are beginnings, what to repeat, and endings. All are tried with 5 kB, and the slowest of
    them with 1, 10 and 100 kB. "" if the processor time always grows more slowly.
    """
    costs = {parts: _least(run, _text(*parts, 5_000), 1) for parts in texts}
    alone = _least(run, "a", 3)
    slowest = max(costs, key=costs.__getitem__)
    for parts, cost in costs.items():
        if cost > FAST * 5_000 + 5 * alone and _growth(run, parts, 5_000) > most:
            return repr(parts)
    for size in (10_000, 100_000):
        if _growth(run, slowest, size) > most:
            return repr(slowest)
    return ""


def _growth(run: Callable[[str], object], parts: tuple[str, str, str], size: int) -> float:
    long = _least(run, _text(*parts, size), 1)
    if long < FAST * size:
        return 0.0
    short = _least(run, _text(*parts, size // 10), 3)
    return min(long, _least(run, _text(*parts, size), 1)) / max(short, 1e-4)


def _text(head: str, body: str, tail: str, size: int) -> str:
    return head + body * (size // len(body)) + tail


def _least(run: Callable[[str], object], text: str, times: int) -> float:
    taken = []
    for _ in range(times):
        start = time.process_time()
        run(text)
        taken.append(time.process_time() - start)
    return min(taken)
