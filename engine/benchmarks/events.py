"""Growth of a load from ten thousand to four million events, beside DuckDB."""

from engine.benchmarks.comparison import Comparison, Size
from engine.benchmarks.loading import compare_log

EVENTS = {
    "smallest": (200,),
    "usual": (10_000, 100_000, 1_000_000),
    "full": (10_000, 100_000, 1_000_000, 4_000_000),
}


def compare(size: Size) -> list[Comparison]:
    """Load logs of growing length, once each."""
    return [row for count in EVENTS[size] for row in compare_log(count, 1, ("duckdb",))]
