"""What people wrote, in a Markdown file of ours."""

import re

# Brackets alone make no link, and figures have them.
_MARKS = re.compile(r"([\\`*_{}<>#|~!&$]|\](?=\())")


def escape_markdown(text: object) -> str:
    """`text` on one line, such that Markdown shows it as it is."""
    return _MARKS.sub(r"\\\1", " ".join(str(text).split()))
