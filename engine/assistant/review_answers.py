"""What customers wrote about products: stars counted, aspects found, their own words quoted."""

from collections.abc import Sequence

import pandas as pd

from engine.assistant.reply import Sentence, Source
from engine.claims.facts import sentences
from engine.claims.summary import COMPLAINS_TO, PRAISES_FROM, opinions
from engine.messages import say
from engine.reviews.aspects import Aspects, seed_aspects
from engine.reviews.prompt_injection import is_prompt_injection
from engine.reviews.sentiment_lexicon import score_words
from engine.tables.tables import Tables

# Fewer starred reviews than these make no "best rated".
FEWEST = 5
QUOTES = 2
# Of many reviewed products these, the most reviewed, are read.
MOST_READ = 6
LONGEST = 180


class Opinions:
    """The reviews of one shop, by product."""

    def __init__(self, tables: Tables, aspects: Aspects | None = None) -> None:
        self._tables = tables
        self._aspects = aspects or seed_aspects()
        reviews = tables.reviews.assign(
            rating=pd.to_numeric(tables.reviews["rating"], errors="coerce")
        )
        names = reviews["review_id"].where(reviews["review_id"].notna(), reviews.index.astype(str))
        self._reviews = reviews.assign(name=names.astype(str))
        self._of = dict(tuple(self._reviews.groupby("product_id")))

    def aspects_of(self, message: str) -> list[str]:
        """The aspects of products that a message asks about."""
        return list(self._aspects.find(message))

    def answer(
        self, message: str, products: Sequence[tuple[str, str]], language: str
    ) -> list[Sentence]:
        """What the reviews of `products` (id and title) say to a message; nothing without any."""
        reviewed = [(name, title) for name, title in products if name in self._of]
        if not reviewed:
            return []
        answers = []
        aspects = self.aspects_of(message)
        for name, title in reviewed:
            answers.append(self._stars(name, title, language))
            answers += self._of_aspects(name, aspects, language) if aspects else []
            if not aspects:
                answers += self._quotes(name, language)
        return answers

    def best(
        self, products: Sequence[tuple[str, str]], language: str, most: int = 3
    ) -> list[Sentence]:
        """The products with the best mean of stars, of those with enough reviews."""
        means = []
        for name, title in products:
            stars = self._of[name]["rating"].dropna() if name in self._of else ()
            if len(stars) >= FEWEST:
                means.append((float(pd.Series(stars).mean()), len(stars), name, title))
        means.sort(key=lambda one: (-one[0], -one[1]))
        return [self._stars(name, title, language) for _, _, name, title in means[:most]]

    def reviewed(self, products: Sequence[str], message: str, most: int) -> list[str]:
        """Those of the products that have reviews, first those that speak of what is asked."""
        names = [name for name in products if name in self._of]
        names = sorted(names, key=lambda name: -len(self._of[name]))[:MOST_READ]
        aspects = self.aspects_of(message)
        mentions = {name: any(self._speaking(name, one) for one in aspects) for name in names}
        return sorted(names, key=lambda name: not mentions[name])[:most]

    def _speaking(self, name: str, aspect: str) -> list[tuple[pd.Series, str]]:
        """The reviews of a product that speak of an aspect, each with the sentence that does."""
        mentions = []
        for _, review in self._of[name].iterrows():
            # Whole sentences: what surrounds a clause may turn it round.
            clauses = [
                clause
                for clause in sentences(review["text"])
                if aspect in self._aspects.find(clause) and not is_prompt_injection(clause)
            ]
            if clauses:
                mentions.append((review, clauses[0]))
        return mentions

    def _stars(self, name: str, title: str, language: str) -> Sentence:
        reviews = self._of[name]
        starred = reviews[reviews["rating"].notna()]
        every = Source("reviews", name, title, "review_id", rows=_rows(reviews, None))
        if starred.empty:
            text = say("assistant.reviews.count", language, title=title, n=len(reviews))
            return Sentence(text, (every,))
        good = starred[starred["rating"] >= PRAISES_FROM]
        bad = starred[starred["rating"] <= COMPLAINS_TO]
        sources = [
            every,
            Source("reviews", name, title, "rating /5", rows=_rows(starred, "rating")),
        ]
        bounds = ((f"rating ≥ {PRAISES_FROM}", good), (f"rating ≤ {COMPLAINS_TO}", bad))
        sources += [
            Source("reviews", name, title, field, rows=_rows(some, "rating"))
            for field, some in bounds
        ]
        text = say(
            "assistant.reviews.stars",
            language,
            title=title,
            n=len(reviews),
            mean=f"{starred['rating'].mean():.1f}",
            good=len(good),
            bad=len(bad),
            high=PRAISES_FROM,
            low=COMPLAINS_TO,
        )
        return Sentence(text, tuple(sources))

    def _of_aspects(self, name: str, aspects: Sequence[str], language: str) -> list[Sentence]:
        reviews = self._of[name]
        answers = []
        for aspect in aspects:
            mentions = self._speaking(name, aspect)
            if not mentions:
                answers.append(
                    Sentence(
                        say("assistant.reviews.no_aspect", language),
                        (Source("reviews", name, field="review_id", rows=_rows(reviews, None)),),
                    )
                )
                continue
            mentions.sort(key=lambda one: -abs(score_words(one[1])))
            rows = tuple((str(review["name"]), 1.0) for review, _ in mentions)
            text = say("assistant.reviews.aspect", language, n=len(mentions))
            answers.append(Sentence(text, (Source("reviews", name, field=aspect, rows=rows),)))
            answers += [
                _quote(name, str(review["name"]), clause, review["rating"], language)
                for review, clause in mentions[: QUOTES + 1]
                if len(clause) <= LONGEST
            ]
        return answers

    def _quotes(self, name: str, language: str) -> list[Sentence]:
        quotes = []
        by_name = self._of[name].set_index("name")
        for one in opinions(self._tables, name, most=1):
            review = one.fact.source.partition(":")[2]
            stars = by_name["rating"].get(review)
            if len(one.fact.value) <= LONGEST and not is_prompt_injection(one.fact.value):
                quotes.append(_quote(name, review, one.fact.value, stars, language))
        return quotes[: 2 * QUOTES]


def _rows(reviews: pd.DataFrame, column: str | None) -> tuple[tuple[str, float], ...]:
    values = reviews[column] if column else [1.0] * len(reviews)
    return tuple(
        (str(name), float(value)) for name, value in zip(reviews["name"], values, strict=True)
    )


def _quote(name: str, review: str, text: str, stars: object, language: str) -> Sentence:
    starred = isinstance(stars, int | float) and pd.notna(stars)
    field = f"{float(stars):g}" if starred else ""  # type: ignore[arg-type]
    code = "assistant.reviews.quote_stars" if starred else "assistant.reviews.quote"
    sentence = say(code, language, quote=text, stars=field)
    rows = ((review, float(stars)),) if starred else ()  # type: ignore[arg-type]
    return Sentence(sentence, (Source("reviews", review, name, "text", text, rows),))
