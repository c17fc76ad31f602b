"""A made-up search log of any length, as a file."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

CHUNK = 500_000
EVENTS = np.array(["impression", "impression", "impression", "click", "add_to_cart", "purchase"])
NOUNS = ("lamp", "chair", "desk", "sofa", "mug", "rug", "shelf", "kettle", "towel", "mirror")
WORDS = ("red", "oak", "small", "modern", "wool", "steel", "round", "outdoor", "kids", "cheap")


def events(count: int, seed: int) -> pa.Table:
    """A made-up part of a search log, with as many repetitions as real ones have."""
    draw = np.random.default_rng(seed)
    sessions = np.sort(draw.integers(0, count // 5 + 1, count)) + seed * count
    first, second = draw.integers(0, 10, (2, count))
    size = draw.zipf(1.3, count) % 4_000
    start = np.datetime64("2026-01-01T00:00:00")
    times = start + (np.arange(count) + seed * count).astype("timedelta64[s]")
    return pa.table(
        {
            "time": pa.array(np.char.replace(times.astype(str), "T", " ")),
            "user_id": pa.array([f"u{number % 90_001}" for number in sessions]),
            "session_id": pa.array([f"s{number:08d}" for number in sessions]),
            "query": pa.array(
                [
                    f"{WORDS[a]} {NOUNS[b]} {c}" if c else f"{WORDS[a]}, {NOUNS[b]}"
                    for a, b, c in zip(first, second, size, strict=True)
                ]
            ),
            "product_id": pa.array([f"P{number:06d}" for number in draw.zipf(1.2, count) % 50_000]),
            "event": pa.array(EVENTS[draw.integers(0, len(EVENTS), count)]),
            "position": pa.array(draw.integers(1, 49, count).astype(str)),
        }
    )


def write_log(path: Path, count: int) -> None:
    """Write `count` events to `path`, in the format that its ending names."""
    parts = (events(min(CHUNK, count - start), start // CHUNK) for start in range(0, count, CHUNK))
    if path.suffix == ".jsonl":
        with path.open("w", encoding="utf-8") as file:
            for part in parts:
                part.to_pandas().to_json(file, orient="records", lines=True)
        return
    first = next(parts)
    make = pq.ParquetWriter if path.suffix == ".parquet" else pyarrow.csv.CSVWriter
    options = {}
    if path.suffix == ".csv":
        options["write_options"] = pyarrow.csv.WriteOptions(quoting_style="needed")
    with make(path, first.schema, **options) as writer:
        for part in (first, *parts):
            writer.write_table(part)
