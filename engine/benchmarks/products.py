"""Growth of search by words from a thousand to a million products, beside bm25s in memory."""

from engine.benchmarks.answers import same_scores
from engine.benchmarks.comparison import Comparison, Size
from engine.benchmarks.cost import figures
from engine.benchmarks.held import memory, report_in_turn
from engine.benchmarks.peers import named
from engine.benchmarks.shop import draw_queries, simulated_products

SIDES = {"ours": "word_index", "peer": "bare_word_index"}
PRODUCTS = {
    "smallest": (120,),
    "usual": (1_000, 10_000, 100_000),
    "full": (1_000, 10_000, 100_000, 1_000_000),
}
QUERIES = {"smallest": 5, "usual": 200, "full": 200}
ROUNDS = {"smallest": 1, "usual": 3, "full": 1}


def compare(size: Size) -> list[Comparison]:
    """Open simulated catalogs of growing length for the first time, and ask each."""
    return [_compare(count, size) for count in PRODUCTS[size]]


def _compare(count: int, size: Size) -> Comparison:
    products = simulated_products(count)
    queries = draw_queries(products["title"], QUERIES[size])
    found = report_in_turn(SIDES, products, queries, ROUNDS[size])
    ours, peer = found["ours"], found["peer"]
    same = same_scores(ours.answers, peer.answers)
    times = "measured once; " if ROUNDS[size] == 1 else ""
    return Comparison(
        f"search by words in {count:,} products",
        f"{named('bm25s')} in memory",
        (
            *figures(ours.opened, peer.opened, of="opening"),
            *figures(ours.asked, peer.asked, len(queries), "ms", of="a query"),
            *memory(ours, peer),
        ),
        f"{times}the same scores for {same:.0%} of {len(queries)} queries",
        same == 1,
    )
