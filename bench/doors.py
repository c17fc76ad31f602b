"""How long the page's process works on the worst text that each of its doors lets in.

`python bench/doors.py [door …]` tries hostile texts at every door, as long as the door allows but
`--most` bytes (1,000,000), and prints the processor time of the slowest of them in the page's
process alone: what a child does is limited there and keeps nobody waiting.
"""

import argparse
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine.assistant.policy_file import LONGEST as POLICY
from engine.assistant.policy_file import read_upload
from engine.errors import ShoplabError
from engine.experiment import counts
from engine.reading import limits
from engine.reading.load import preview
from engine.retrieval.price import price_range
from engine.retrieval.query_suggestions import key_of
from engine.reviews.stream import read_lines, read_stream
from engine.settings import LONGEST_NAME, LONGEST_TEXT
from pages.ui.assistant.checked_messages import read_messages
from pages.ui.catalog.own import LONGEST, MOST, read_labels
from pages.ui.cross_sell.basket import names_of
from pages.ui.frame.i18n import escape
from pages.ui.frame.link import LONGEST as LINK

MEGABYTE = 1_000_000
# A child that works for longer is ended, as the app ends it after five minutes. A whole run would
# take hours otherwise, and a child keeps nobody waiting.
CHILD_SECONDS = 20
# What is repeated up to the door's length: rows and cells of no length, quotes and brackets that
# never end, bytes that are no text, signs that patterns stumble over.
BODIES = (
    *("\n", "1\n", "1,a,1,b\n", "a\t1\n", "a;b\n", '"a"\n', '"', '"\n', ",", "1,", "|", "\\"),
    *("a", "a ", "百", "百\n", "千万", "1", "under 5 ", "between 1 and ", "- ", "# a\n", "a. "),
    *("<a ", "&#1", "[", '{"a":', '{"text":"a","message":"a","x":[]}\n', "\udcff\n", "\udce9é\n"),
    *("2024-01-01 ", "2024-01-01\ta\n", "＝1", "\u0327\u0301", "https://a.b "),
)


@dataclass(frozen=True)
class Door:
    """What takes texts of up to `longest` characters or bytes, each of which begins with `head`."""

    longest: int
    run: Callable[[str], object]
    head: str = ""


def _file(read: Callable[[bytes], object]) -> Callable[[str], object]:
    return lambda text: read(text.encode("utf-8", "surrogateescape"))


def _box(read: Callable[[str], object]) -> Callable[[str], object]:
    """A door for what is typed: a browser sends no half of a pair of surrogates."""
    return lambda text: read(text.encode("utf-8", "replace").decode())


def _table(table: str, name: str) -> Callable[[str], object]:
    def run(text: str) -> object:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_text(text, encoding="utf-8", errors="surrogateescape")
            return preview(path, table)

    return run


DOORS: dict[str, Door] = {
    "table products.csv": Door(500 * MEGABYTE, _table("products", "a.csv"), "product_id,title\n"),
    "table searches.csv": Door(500 * MEGABYTE, _table("searches", "a.csv"), "query,event,time\n"),
    "table reviews.jsonl": Door(500 * MEGABYTE, _table("reviews", "a.jsonl")),
    "policy": Door(4 * POLICY, _file(lambda data: read_upload(data, "policy.md"))),
    "texts of a file": Door(20 * MEGABYTE, _file(lambda data: read_stream(data, "a.txt"))),
    "texts of a table": Door(
        20 * MEGABYTE, _file(lambda data: read_stream(data, "a.csv")), "text,rating\n"
    ),
    "pasted texts": Door(200_000, _box(read_lines)),
    "messages.txt": Door(2 * MEGABYTE, _file(lambda data: read_messages("a.txt", data))),
    "messages.csv": Door(
        2 * MEGABYTE, _file(lambda data: read_messages("a.csv", data)), "message,do\n"
    ),
    "messages.jsonl": Door(2 * MEGABYTE, _file(lambda data: read_messages("a.jsonl", data))),
    "counts": Door(counts.LONGEST, _box(counts.read_counts)),
    "own categories": Door(MOST * LONGEST, _box(read_labels)),
    "search box": Door(LONGEST_NAME, _box(price_range)),
    "suggestions": Door(LONGEST_NAME, _box(key_of)),
    "basket link": Door(LINK, _box(names_of)),
    "shown text": Door(LONGEST_TEXT, _box(escape)),
}


def slowest(door: Door, most: int) -> tuple[float, str]:
    """The seconds of processor time of the slowest text at a door, and what that text repeats."""
    worst = (0.0, "")
    for body in BODIES:
        text = door.head + body * (min(door.longest, most) // len(body.encode(errors="replace")))
        start = time.process_time()
        with contextlib.suppress(ShoplabError):
            door.run(text)
        worst = max(worst, (time.process_time() - start, body))
    return worst


def main() -> int:
    """Print the slowest text of each door that is named, or of all."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("door", nargs="*")
    arguments.add_argument("--most", type=int, default=MEGABYTE)
    chosen = arguments.parse_args()
    limits.CHILD_SECONDS = CHILD_SECONDS
    with tempfile.TemporaryDirectory() as home:
        os.environ["SHOPLAB_HOME"] = home
        for name in chosen.door or DOORS:
            seconds, body = slowest(DOORS[name], chosen.most)
            size = min(DOORS[name].longest, chosen.most)
            print(f"{name}: {seconds * 1000:,.0f} ms for {size:,} of {body!r}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
