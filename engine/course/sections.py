"""The sections of an exercise below its front matter."""

from collections.abc import Iterator, Mapping

# Each section by its heading in either language.
HEADINGS: Mapping[str, str] = {
    "idea": "idea",
    "symbols": "symbols",
    "reflect": "reflect",
    "debrief": "debrief",
    "reading": "reading",
    "想法": "idea",
    "符号": "symbols",
    "思考": "reflect",
    "总结": "debrief",
    "延伸阅读": "reading",
}
SECTIONS = tuple(dict.fromkeys(HEADINGS.values()))
_FENCES = ("```", "~~~")


class SectionError(Exception):
    """What is wrong with the sections, as a code with its values, and on which line."""

    def __init__(self, code: str, line: int, **params: object) -> None:
        super().__init__(code)
        self.code, self.line, self.params = code, line, params


def split_sections(
    body: str, first_line: int, headings: Mapping[str, str] = HEADINGS
) -> tuple[dict[str, str], list[SectionError]]:
    """The text of each section of `body`, and every mistake; the body starts on `first_line`."""
    texts: dict[str, str] = {}
    mistakes: list[SectionError] = []
    last_line = first_line + body.count("\n")
    for line, heading, text in _cut(body, first_line):
        if heading is None:
            if text.strip():
                mistakes.append(SectionError("course.outside_section", line))
            continue
        name = headings.get(heading.casefold())
        if name is None:
            known = ", ".join(headings)
            mistakes.append(
                SectionError("course.unknown_section", line, heading=heading, known=known)
            )
        elif name in texts:
            mistakes.append(SectionError("course.section_twice", line, heading=heading))
        else:
            texts[name] = text.strip()
            if not texts[name]:
                mistakes.append(SectionError("course.empty_section", line, heading=heading))
    for name in dict.fromkeys(headings.values()):
        if name not in texts:
            names = " / ".join(f"## {one}" for one, section in headings.items() if section == name)
            mistakes.append(SectionError("course.missing_section", last_line, heading=names))
    return texts, mistakes


def _cut(body: str, first_line: int) -> Iterator[tuple[int, str | None, str]]:
    """The line, heading and text of each part; what comes before a heading has none."""
    start, heading, lines, fenced = first_line, None, list[str](), False
    for line, text in enumerate(body.split("\n"), first_line):
        if text.lstrip().startswith(_FENCES):
            fenced = not fenced
        if not fenced and text.startswith("## "):
            yield start, heading, "\n".join(lines)
            start, heading, lines = line, text[3:].strip(), []
        else:
            lines.append(text)
    yield start, heading, "\n".join(lines)
