"""The front matter of a Markdown file, with the line of every value.

YAML is read by the safe loader. What makes it surprising is refused: aliases, which can blow up a
small file, keys that stand twice, of which the first would be lost, and deep nesting.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import yaml
from frontmatter.default_handlers import YAMLHandler

Path = tuple[str | int, ...]
DEEPEST = 8


@dataclass(frozen=True)
class Document:
    """A file's front matter and body; `lines` holds the line of each value by its path, from 1.

    `body_line` is the line on which the body starts.
    """

    values: Mapping[str, object]
    lines: Mapping[Path, int]
    body: str
    body_line: int

    def line_of(self, path: Path) -> int:
        """The line of the value at `path`, or of the nearest one around it."""
        while path not in self.lines:
            path = path[:-1]
        return self.lines[path]


class FrontMatterError(Exception):
    """What is wrong, as a code with its values, and on which line."""

    def __init__(self, code: str, line: int, **params: object) -> None:
        super().__init__(code)
        self.code, self.line, self.params = code, line, params


def read_document(text: str) -> Document:
    """Front matter and body of `text`. Raises FrontMatterError for what cannot be read."""
    handler = YAMLHandler()
    if not handler.detect(text):
        raise FrontMatterError("course.no_front_matter", 1)
    try:
        matter, body = handler.split(text)
    except ValueError:
        raise FrontMatterError("course.open_front_matter", 1) from None
    try:
        _refuse_surprises(matter)
        lines: dict[Path, int] = {}
        node = yaml.compose(matter, Loader=yaml.SafeLoader)
        _note_lines(node, (), lines)
        values = handler.load(matter)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        why = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise FrontMatterError("course.bad_yaml", line, why=why) from error
    except (ValueError, OverflowError) as error:  # a date such as 2026-13-45
        raise FrontMatterError("course.bad_yaml", 1, why=str(error)) from error
    if not isinstance(values, dict):
        raise FrontMatterError("course.no_keys", 1)
    # The line of `---` comes first, and the split keeps the line break after it.
    return Document(values, lines | {(): 1}, body, matter.count("\n") + 1)


def _refuse_surprises(matter: str) -> None:
    depth = 0
    for event in yaml.parse(matter, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            raise FrontMatterError("course.alias", line)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise FrontMatterError("course.too_deep", line)


def _note_lines(node: yaml.Node | None, path: Path, lines: dict[Path, int]) -> None:
    if node is None:
        return
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        for place, item in enumerate(node.value):
            _note_lines(item, (*path, place), lines)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise FrontMatterError("course.bad_yaml", line, why="a key must be a word")
            inner = (*path, key.value)
            if inner in lines:
                raise FrontMatterError("course.key_twice", line, key=key.value)
            # A problem with a value is shown where its key stands: blocks start a line later.
            lines[inner] = line
            _note_lines(value, inner, lines)
