"""The memory of a process that answers searches, beside one with the libraries alone."""

from engine.benchmarks.answers import same_products, same_scores
from engine.benchmarks.comparison import Comparison, Size
from engine.benchmarks.held import memory, report_in_turn
from engine.benchmarks.peers import named
from engine.benchmarks.shop import draw_queries, sample_products

SIDES = {"ours": "search_model", "peer": "bare_search_model"}
PRODUCTS = {"smallest": 40, "usual": 1_500, "full": 1_500}
QUERIES = {"smallest": 3, "usual": 50, "full": 50}
ROUNDS = {"smallest": 1, "usual": 3, "full": 5}
# Of the first ten products by meaning: ours rounds where the processor has units for short numbers.
AGREEING = 0.9


def compare(size: Size) -> list[Comparison]:
    """Open the sample shop's products in two processes, ask both, and look what each holds."""
    products = sample_products().head(PRODUCTS[size])
    queries = draw_queries(products["title"], QUERIES[size])
    found = report_in_turn(SIDES, products, queries, ROUNDS[size])
    ours, peer = found["ours"], found["peer"]
    nearest, by_words = zip(*ours.answers, strict=True)
    bare_nearest, bare_by_words = zip(*peer.answers, strict=True)
    meaning, words = same_products(nearest, bare_nearest), same_scores(by_words, bare_by_words)
    return [
        Comparison(
            f"a process that searches {len(products):,} products",
            f"{named('sentence-transformers')}, {named('bm25s')}",
            memory(ours, peer),
            f"of {len(queries)} queries {meaning:.0%} of the first ten products by meaning and "
            f"{words:.0%} of the scores by words are the same",
            meaning >= AGREEING and words == 1,
        )
    ]
