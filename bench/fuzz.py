"""What strange inputs do to every door: a refusal is right, any other error is a fault.

`python bench/fuzz.py [--count 10000] [--seed 0] [door …]` prints each fault with the input that
showed it, and exits with 1 if there is one.
"""

import argparse
import io
import json
import random
import sys
import tempfile
import traceback
import zipfile
from collections.abc import Callable
from pathlib import Path

from engine.assistant.answers import REPLY, Message
from engine.assistant.messages_file import read_message
from engine.assistant.policy import split_passages
from engine.assistant.policy_file import read_upload
from engine.codec import decode
from engine.commands.training import read_items
from engine.errors import ShoplabError
from engine.images.archive import read_archive
from engine.reading.load import clean_file
from engine.retrieval.price import price_range
from engine.reviews.stream import read_stream
from engine.settings import PROJECT
from engine.tasks import TASKS, find_call
from pages.ui.cross_sell.basket import names_of

COUNT = 10_000
LONGEST = 12
PIECES = (
    *("a", "1", "百", " ", "\n", "\t", "\r", "\0", "\x1c", "\u2028", "\ufeff", "\ud83d", "\udc80"),
    *(",", ";", "|", ":", '"', "'", "\\", "/", "<", ">", "<![love]>", "<!--", "<a ", "&#"),
    *("&#x110000;", "&#" + "9" * 5000 + ";", "[" * 2000, "{", "}", "]", '{"a":', "null", "NaN"),
    *("1e999", "-0", "9" * 400, "id", "title", "price", "query", "text", "product_id,title", "k"),
    *("2024-01-01", "99999-99-99", "1/0", "½", "٣", "²", "万", "不超过5", "under 5", "5%", "€"),
    *("＝1", "../", "C:\\", "e\u0301", "🙂", "history"),
)
# The names of fields that tasks are asked with.
NAMES = ("query", "text", "title", "description", "history", "basket", "k", "user_id", "name")
Run = Callable[[str, Path], object]


def _table(table: str, name: str, head: str = "") -> Run:
    def run(text: str, folder: Path) -> object:
        file = folder / name
        file.write_bytes(f"{head}{text}".encode("utf-8", "surrogatepass"))
        return clean_file(table, file, {}, skip_bad_rows=True)

    return run


def _value(text: str) -> object:
    """A JSON value made of the text: the same text gives the same value."""
    draw = random.Random(repr(text))
    values: list[object] = [text, None, -1, 1, 1e400, True, [], {}, [text], {"a": text}, 10**400]
    return draw.choice(values)


def _predict(task: str) -> Run:
    call = find_call(task, "predict")

    def run(text: str, _: Path) -> object:
        draw = random.Random(repr(text))
        item = {name: _value(text + name) for name in draw.sample(NAMES, 4)}
        decode(call.body, [item if draw.random() < 0.8 else _value(text)])
        return decode(call.body, _value(text))

    return run


def _archive(text: str, _: Path) -> object:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("aaaaaaaa.jpg", b"x")
    name = text.encode("utf-8", "replace")[:8].ljust(8, b"_")
    content = packed.getvalue().replace(b"aaaaaaaa", name)
    draw = random.Random(repr(text))
    damaged = bytearray(content)
    for _ in range(draw.randrange(4)):
        damaged[draw.randrange(len(damaged))] = draw.randrange(256)
    return list(read_archive(io.BytesIO(bytes(damaged)), "a.zip", ["a"]))


def _items(text: str, _: Path) -> object:
    return list(read_items(io.BytesIO(text.encode("utf-8", "surrogatepass")), "inputs"))


def _policy(text: str, _: Path) -> object:
    return split_passages(read_upload(text.encode("utf-8", "surrogatepass"), "policy.md"))


DOORS: dict[str, Run] = {
    "products.csv": _table("products", "a.csv"),
    "products.csv rows": _table("products", "a.csv", "product_id,title,price,category\n1,"),
    "products.jsonl": _table("products", "a.jsonl", '{"product_id":"1","title":"a","x":'),
    "products.json": _table("products", "a.json"),
    "searches.csv rows": _table("searches", "a.csv", "query,event,time,product_id\na,"),
    "reviews.csv rows": _table("reviews", "a.csv", "text,rating,date,sentiment\n"),
    "orders.csv rows": _table("orders", "a.csv", "order_id,product_id,quantity,price,time\n1,"),
    "stream": lambda text, _: read_stream(text.encode("utf-8", "surrogatepass"), "a.txt"),
    "pictures": _archive,
    "inputs": _items,
    "policy": _policy,
    "message": lambda text, _: read_message({"message": text, "context": _value(text)}, 1),
    "price": lambda text, _: price_range(text),
    "basket link": lambda text, _: names_of(text),
    "reply": lambda text, _: (decode(Message, _value(text)), decode(REPLY.body, _value(text))),
    **{f"predict {task}": _predict(task) for task in TASKS},
}


def fuzz(door: str, count: int, seed: int) -> dict[str, str]:
    """The faults of a door: the last line of code and error, and the first input that showed it."""
    draw = random.Random(f"{door}{seed}")
    faults: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(count):
            text = "".join(draw.choices(PIECES, k=draw.randrange(1, LONGEST)))
            try:
                DOORS[door](text, Path(folder))
            except ShoplabError as refusal:
                refusal.message("en")
                refusal.message("zh")
            except Exception as error:
                frames = traceback.extract_tb(error.__traceback__)
                own = [frame for frame in frames if str(PROJECT / "engine") in frame.filename]
                frame = (own or frames)[-1]
                place = f"{Path(frame.filename).name}:{frame.lineno} {type(error).__name__}"
                faults.setdefault(place, text)
    return faults


def main() -> int:
    """Fuzz the doors that are named, or all."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("door", nargs="*")
    arguments.add_argument("--count", type=int, default=COUNT)
    arguments.add_argument("--seed", type=int, default=0)
    chosen = arguments.parse_args()
    faults = 0
    for door in chosen.door or DOORS:
        faults_here = fuzz(door, chosen.count, chosen.seed)
        faults += len(faults_here)
        print(f"{door}: {chosen.count:,} inputs, {len(faults_here)} faults", flush=True)
        for place, text in faults_here.items():
            print(f"  {place}\n    {json.dumps(text[:100])}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
