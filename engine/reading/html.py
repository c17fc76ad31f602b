"""The text in HTML that a reader would see, in time linear in its length.

The standard library's parser takes time quadratic in a cell of unfinished tags, and raises errors
of its own at odd declarations. A browser's parser, such as lexbor in selectolax, takes time
quadratic in nested tags (10 s for 40,000 of `<div>`) and drops text that looks like one, the end of
"size<M cotton". Cells are mostly plain text with a little markup, so anything that is no complete
tag counts as text.
"""

import html
import re
from collections.abc import Iterator

_HIDDEN = {"template", "noscript", "iframe", "object"}
_INLINE = {"a", "abbr", "b", "bdi", "em", "font", "i", "mark", "s", "small", "span", "strong", "u"}
# No part of a tag reaches beyond the next "<", so that no sign is looked at more than twice.
_MARKUP = re.compile(
    r"<!--(?s:.*?-->|.*)|<[!?][^<>]*>"
    r"|<(?P<closing>/?)(?P<name>[A-Za-z][^\s/<>]*+)"
    r"(?:[^\"'<>]|\"[^\"<]*\"|'[^'<]*'|[\"'])*+>"
)
# What scripts and styles hold is no HTML.
_RAW_ENDS = {
    "script": re.compile(r"</script\b[^<>]*>", re.IGNORECASE),
    "style": re.compile(r"</style\b[^<>]*>", re.IGNORECASE),
}
# Python refuses to read longer numbers.
_LONG_REFERENCE = re.compile(r"&#[xX]?[0-9A-Fa-f]{9}[0-9A-Fa-f]*;?")


def visible_text(text: str) -> str:
    """`text` without tags, comments, scripts and styles, and with entities resolved.

    What was escaped twice, as in many feeds, is read twice.
    """
    once = "".join(_pieces(text))
    return "".join(_pieces(once)) if "<" in once or "&" in once else once


def _pieces(text: str) -> Iterator[str]:
    here = hidden = 0
    while match := _MARKUP.search(text, here):
        if not hidden:
            yield _unescape(text[here : match.start()])
        here = match.end()
        name = (match["name"] or "").lower()
        if name in _RAW_ENDS and not match["closing"] and not match.group().endswith("/>"):
            end = _RAW_ENDS[name].search(text, here)
            here = end.end() if end else len(text)
        elif name in _HIDDEN and not match.group().endswith("/>"):
            hidden = max(0, hidden - 1) if match["closing"] else hidden + 1
        elif name and name not in {*_INLINE, *_RAW_ENDS} and not hidden:
            yield " "
    if not hidden:
        yield _unescape(text[here:])


def _unescape(text: str) -> str:
    return html.unescape(_LONG_REFERENCE.sub("\ufffd", text))
