"""The words that the products of a catalog are called by, learned from titles and columns."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.claims.facts import NO, YES, attributes
from engine.claims.lexicon import Concept, Lexicon, Mention, forms_of, longest_mentions, tokens_of
from engine.claims.vocabulary import parts, readable
from engine.tables.categories import leaf, leaves, levels
from engine.tables.tables import Tables
from engine.text.words import STOPWORDS, segment

# A Chinese run of so many characters may be a name; a longer one is cut into its words.
LONGEST_NAME = 4
# A description's first characters may name the product's line as well as the title does.
LOOKED_AT = 200
# A word of one category that more brands than these use is another word for the category.
FEW_BRANDS = 2

_RUN = re.compile(r"[\u3400-\u9fff]+|[A-Za-z][A-Za-z'’-]+")
_NUMBER = re.compile(r"(?<![\d.,])\d{1,4}(?![\d.,]*\d)")


class TitleWords:
    """Brands, categories, values of columns, and the names that are left of the titles.

    `lexicon` holds them with the kind `<role>:<field>`; `literal_rows` are the rows of the
    products whose title or columns hold a word, and `rows` the same, but all of a category for
    another word for it (such words are `kinds`); `numbers` are the model numbers in each title.
    """

    def __init__(self, tables: Tables) -> None:
        products = tables.products
        self.titles: list[str] = products["title"].fillna("").tolist()
        self.brands: list[str] = products["brand"].fillna("").tolist()
        self.categories = leaves(products["category"])
        self.in_category: dict[str, set[int]] = defaultdict(set)
        for row, category in enumerate(self.categories):
            self.in_category[category].add(row)
        self.lexicon = Lexicon()
        cells = (products[name] for name in ("brand", "category", "attributes"))
        values_of_rows = [list(_values(*some)) for some in zip(*cells, strict=True)]
        for values in values_of_rows:
            for role, field, term in values:
                self._learn(role, field, term)
        left = [self._residue(title) for title in self.titles]
        for runs, _ in left:
            for run in runs:
                self._learn("name", "name", run)
        self.numbers = [numbers for _, numbers in left]
        descriptions = products["description"].fillna("").tolist()
        self.literal_rows = self._find_rows(values_of_rows, descriptions)
        names = {one.name for one in self.lexicon.terms.values() if one.kind.startswith("name")}
        self.kinds = {
            name
            for name in names & self.literal_rows.keys()
            if self._is_kind(self.literal_rows[name])
        }
        self.rows: dict[str, NDArray[np.intp]] = {
            name: np.array(
                sorted(self._all_of(some) if name in self.kinds else some), dtype=np.intp
            )
            for name, some in self.literal_rows.items()
        }

    def find(self, text: str) -> list[Mention]:
        """The longest words of the catalog in a text, none within another, in its order."""
        mentions = self.lexicon.find_all(text, tokens_of(text))
        return longest_mentions(one for one in mentions if one.concept.name in self.rows)

    def _learn(self, role: str, field: str, term: str) -> None:
        forms = forms_of(term)
        name = " ".join(forms)
        if forms and not (role == "name" and (name in STOPWORDS or len(name) < 2)):
            kind = f"{role}:{field}"
            self.lexicon.add(term, Concept(name, kind, frozenset({name})))

    def _residue(self, title: str) -> tuple[list[str], set[str]]:
        """What is left of a title without brand, category and values: its names and numbers."""
        tokens = tokens_of(title)
        bare = title
        for mention in self.lexicon.find_all(title, tokens):
            start, end = tokens[mention.first].start, tokens[mention.last - 1].end
            bare = bare[:start] + "|" * (end - start) + bare[end:]
        numbers = set(_NUMBER.findall(bare))
        bare = re.sub(r"\d+\s*代?", "|", bare)
        runs = []
        for run in _RUN.findall(bare):
            chinese = not run[0].isascii()
            if chinese and len(run) > LONGEST_NAME:
                runs += [word for word in segment(run) if len(word) > 1]
            else:
                runs.append(run)
        return runs, numbers

    def _find_rows(
        self, values_of_rows: Sequence[Iterable[tuple[str, str, str]]], descriptions: Sequence[str]
    ) -> dict[str, set[int]]:
        rows: dict[str, set[int]] = defaultdict(set)
        for row, (values, title) in enumerate(zip(values_of_rows, self.titles, strict=True)):
            for _, _, term in values:
                rows[" ".join(forms_of(term))].add(row)
            for mention in self.lexicon.find_all(title, tokens_of(title)):
                rows[mention.concept.name].add(row)
        for row, text in enumerate(descriptions):
            head = text[:LOOKED_AT]
            for mention in self.lexicon.find_all(head, tokens_of(head)):
                if mention.concept.kind.startswith("name"):
                    rows[mention.concept.name].add(row)
        return dict(rows)

    def _is_kind(self, rows: set[int]) -> bool:
        """Whether a name is another word for a category: more than a few of its brands use it."""
        within = {self.categories[row] for row in rows}
        return len(within) == 1 and len({self.brands[row] for row in rows}) > FEW_BRANDS

    def _all_of(self, rows: set[int]) -> set[int]:
        return self.in_category[self.categories[next(iter(rows))]]


def _values(brand: object, category: object, cell: object) -> Iterator[tuple[str, str, str]]:
    """Role, field and term of every value of one product."""
    if isinstance(brand, str) and brand.strip():
        yield "brand", "brand", brand
    if isinstance(category, str):
        for level in levels(category):
            yield "category", "category", level.strip()
        last = leaf(category).split()
        if len(last) > 1:
            # "Jackets" for rain jackets, "powerbanks" for power banks, as people say.
            yield "category", "alias", last[-1]
            yield "category", "category", "".join(last)
    for column, value in attributes(cell):
        if value.strip().lower() in YES:
            yield "attribute", column, readable(column)
        elif value.strip().lower() not in NO:
            for part in parts(value) or (value,):
                yield "attribute", column, part
