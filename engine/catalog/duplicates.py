"""Finds products that are in a catalog twice, or nearly so."""

import pandas as pd
from datasketch import MinHash, MinHashLSH

from engine.tables.product_text import summaries
from engine.text.words import words_of_all

# The least share of two texts' words that both have (Jaccard similarity) in duplicates.
SIMILAR = 0.85
_PERMUTATIONS = 128


def near_duplicates(products: pd.DataFrame) -> pd.DataFrame:
    """The products whose title and description share nearly all words with another's.

    Columns `group` (1, 2 …, the largest group first), `product_id`, `title`. Sets of words are
    compared by MinHash (Broder 1997) with locality-sensitive hashing (Leskovec et al., chapter 3),
    which finds a pair of Jaccard similarity above `SIMILAR` with high probability, in linear time.
    """
    titled = products.dropna(subset=["title"])
    sets = [sorted({word.encode() for word in words}) for words in words_of_all(summaries(titled))]
    signatures = MinHash.bulk(sets, num_perm=_PERMUTATIONS, seed=1) if sets else []
    index = MinHashLSH(threshold=SIMILAR, num_perm=_PERMUTATIONS)
    leader = list(range(len(sets)))
    for row, signature in enumerate(signatures):
        if not sets[row]:
            continue
        for other in index.query(signature):
            if signatures[other].jaccard(signature) >= SIMILAR:
                leader[_top(leader, other)] = _top(leader, row)
        index.insert(row, signature)
    group = pd.Series([_top(leader, row) for row in range(len(sets))], index=titled.index)
    sizes = group.map(group.value_counts())
    frame = titled[["product_id", "title"]].assign(top=group, size=sizes)[sizes > 1]
    frame = frame.sort_values(["size", "top"], ascending=[False, True], kind="stable")
    frame.insert(0, "group", pd.factorize(frame["top"])[0] + 1)
    return frame[["group", "product_id", "title"]].reset_index(drop=True)


def _top(leader: list[int], row: int) -> int:
    """The row that represents the group of `row` (union-find with path halving)."""
    while leader[row] != row:
        leader[row] = leader[leader[row]]
        row = leader[row]
    return row
