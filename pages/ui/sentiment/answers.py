"""What the sentiment model says of a shop's reviews and of the aspects they name, as tables."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from engine.reviews.aspects import Aspects, Terms, find_mentions, read_aspects
from engine.reviews.trust import text_moods
from engine.storage.workspace import Workspace
from engine.tasks.sentiment.answers import PREDICT, SentimentAnswer, SentimentInput
from pages.ui.frame import session
from pages.ui.frame.i18n import t
from pages.ui.parts import answers

TASK = "sentiment"
UNCLEAR = "unclear"
SIZES = (500, 2_000, 10_000)  # how many of the newest reviews may be read at once
LONGEST = 2_000


@dataclass(frozen=True)
class Judged:
    """Reviews with `sentiment`, `confidence`, `unsure`, `mood` (0 to 1), and what they mention.

    `mentions` has `row` (of `reviews`), `aspect`, `term`, `clause`, `sentiment`, `confidence`;
    where the model is unsure of a clause its sentiment is `UNCLEAR`.
    """

    reviews: pd.DataFrame
    mentions: pd.DataFrame


def as_input(text: str, terms: Terms | None = None) -> SentimentInput:
    """An input of the task; without `terms` no aspect is looked for."""
    return SentimentInput(text[:LONGEST], {name: tuple(t) for name, t in (terms or {}).items()})


def judge_texts(
    current: Workspace, run_id: str, texts: Sequence[str], *, by_page: bool = False
) -> pd.DataFrame | None:
    """One row per text: `sentiment`, `confidence`, `unsure`, `mood`; None after an error.

    `by_page` is as of `answers.ask`.
    """
    distinct = list(dict.fromkeys(text[:LONGEST] for text in texts))
    inputs = [as_input(text) for text in distinct]
    predictions = answers.ask_all(current, PREDICT, inputs, run_id, by_page=by_page)
    if not predictions:
        return None
    rows = {text: _row(answer) for text, answer in zip(distinct, predictions, strict=True)}
    return pd.DataFrame([rows[text[:LONGEST]] for text in texts])


def judge_reviews(current: Workspace, run_id: str) -> Judged | None:
    """The newest reviews of the shop, read once per model; None where there is nothing to show.

    Asks how many to read where there are many, and shows how far the reading is.
    """
    reviews = newest(current)
    if reviews.empty:
        st.info(t("sentiment.no_reviews"), icon=":material/rate_review:")
        return None
    most = _choose_size(len(reviews))
    terms = read_aspects(current)
    kept = _kept(current, run_id, most, repr(terms))
    if not kept:
        judged = _judge(current, run_id, reviews.head(most), terms)
        if judged is None:
            return None
        kept.append(judged)
    return kept[0]


@session.per_shop()
def newest(current: Workspace) -> pd.DataFrame:
    """The reviews that have a text, those written last first."""
    frame = session.tables(current).reviews.dropna(subset="text").copy()
    frame["text"] = frame["text"].astype(str)
    frame["time"] = pd.to_datetime(frame["time"], utc=True, errors="coerce").dt.tz_localize(None)
    return frame.sort_values("time", ascending=False, kind="stable").reset_index(drop=True)


@session.per_shop()
def _kept(current: Workspace, run_id: str, most: int, terms: str) -> list[Judged]:
    """Where the reviews of one shop, model and set of aspects are kept once they are read."""
    return []


def _choose_size(reviews: int) -> int:
    sizes = [size for size in SIZES if size < reviews]
    if not sizes:
        return reviews
    sizes.append(min(reviews, SIZES[-1]))
    options = list(dict.fromkeys(sizes))
    chosen = st.segmented_control(
        t("sentiment.size.label"),
        options,
        default=options[0],
        required=True,
        format_func=lambda n: (
            t("sentiment.size.all", n=f"{n:,}")
            if n == reviews
            else t("sentiment.size.newest", n=f"{n:,}")
        ),
        help=t("sentiment.size.help"),
        key="sentiment_size",
        persist_state="session",
    )
    return int(chosen or options[0])


def _judge(current: Workspace, run_id: str, reviews: pd.DataFrame, terms: Terms) -> Judged | None:
    moods = judge_texts(current, run_id, reviews["text"].tolist(), by_page=True)
    if moods is None:
        return None
    aspects = Aspects(terms)
    rows = [
        {"row": row, **vars(mention)}
        for row, text in enumerate(reviews["text"])
        for mention in find_mentions(text, aspects)
    ]
    mentions = pd.DataFrame(rows, columns=["row", "aspect", "term", "clause"])
    clauses = mentions["clause"].tolist()
    judged = judge_texts(current, run_id, clauses, by_page=True) if rows else None
    if rows and judged is None:
        return None
    if judged is not None:
        sentiment = judged["sentiment"].where(~judged["unsure"], UNCLEAR)
        mentions = mentions.assign(sentiment=sentiment, confidence=judged["confidence"])
    else:
        mentions = mentions.assign(sentiment="", confidence=0.0)
    return Judged(pd.concat([reviews.drop(columns="sentiment"), moods], axis=1), mentions)


def _row(answer: SentimentAnswer) -> dict[str, object]:
    table = pd.DataFrame([answer.sentiment.probabilities])
    return {
        "sentiment": answer.sentiment.label,
        "confidence": round(answer.sentiment.confidence, 3),
        "unsure": answer.sentiment.unsure,
        "mood": float(text_moods(table).iloc[0]),
    }
