"""Products that are the same one twice, or nearly."""

import pandas as pd
from datasketch import MinHash, MinHashLSH

from engine.tables.product_text import summaries
from engine.text.words import words_of_all

# Of the words of two texts taken together, the share that both have.
ALIKE = 0.85
_PERMUTATIONS = 128


def near_duplicates(products: pd.DataFrame) -> pd.DataFrame:
    """The products whose title and description share nearly all words with another's.

    Columns `group` (1, 2 … largest group first), `product_id`, `title`; empty without any. Sets of
    words are compared by MinHash (Broder 1997) in buckets (Leskovec et al., chapter 3): a pair of
    Jaccard similarity above `ALIKE` is found with high probability, in linear time.
    """
    known = products.dropna(subset=["title"])
    sets = [sorted({word.encode() for word in words}) for words in words_of_all(summaries(known))]
    hashes = MinHash.bulk(sets, num_perm=_PERMUTATIONS, seed=1) if sets else []
    index = MinHashLSH(threshold=ALIKE, num_perm=_PERMUTATIONS)
    leader = list(range(len(sets)))
    for row, found in enumerate(hashes):
        if not sets[row]:
            continue
        for other in index.query(found):
            if hashes[other].jaccard(found) >= ALIKE:
                leader[_top(leader, other)] = _top(leader, row)
        index.insert(row, found)
    group = pd.Series([_top(leader, row) for row in range(len(sets))], index=known.index)
    sizes = group.map(group.value_counts())
    frame = known[["product_id", "title"]].assign(top=group, size=sizes)[sizes > 1]
    frame = frame.sort_values(["size", "top"], ascending=[False, True], kind="stable")
    frame.insert(0, "group", pd.factorize(frame["top"])[0] + 1)
    return frame[["group", "product_id", "title"]].reset_index(drop=True)


def _top(leader: list[int], row: int) -> int:
    """The row that stands for the group of `row` (union-find with halved paths)."""
    while leader[row] != row:
        leader[row] = leader[leader[row]]
        row = leader[row]
    return row
