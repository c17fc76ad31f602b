"""Market watch: any stream of short texts read with the model that was tuned on reviews."""

import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from engine.errors import ShoplabError
from engine.reviews.stream import MOST, read_lines, read_stream, unknown_words
from engine.storage.workspace import Workspace
from engine.text.words import words
from pages.ui.frame import session, upload_limit
from pages.ui.frame.i18n import t
from pages.ui.parts import charts, download
from pages.ui.parts.errors import show_error
from pages.ui.parts.uploads import read_once
from pages.ui.sentiment.answers import judge_texts, newest
from pages.ui.sentiment.overview import show_reviews
from pages.ui.sentiment.trends import show_mood
from pages.ui.sentiment.view import sentiment_name

_MEGABYTES = 20
_LEARNED = 5_000
_DOUBTFUL = 0.4  # a share of unknown words or unsure answers above which moods say little
_ENDS = 8


def show_watch(current: Workspace, run_id: str) -> None:
    """The mood of pasted or uploaded texts, over time where they have one."""
    st.markdown(t("sentiment.watch.intro"))
    stream = _ask_for_stream("watch")
    if stream is None:
        return
    judged = judge_texts(current, run_id, stream["text"].tolist())
    if judged is None:
        return
    frame = pd.concat([stream, judged], axis=1)
    _show_doubt(current, frame)
    shares = frame["sentiment"].value_counts()
    charts.draw(
        charts.bars(
            [sentiment_name(name) for name in shares.index],
            shares.tolist(),
            value_name=t("sentiment.watch.texts"),
        ),
        title=t(
            "sentiment.watch.finding",
            n=f"{len(frame):,}",
            label=sentiment_name(shares.index[0]),
            share=f"{shares.iloc[0] / len(frame):.0%}",
        ),
        key="chart_moods",
    )
    if frame["time"].notna().any():
        hits = frame.assign(hit=frame["sentiment"] == "negative")
        show_mood(
            hits[["time", "text", "confidence", "hit"]].dropna(subset="time"),
            key="watch",
            what="bad_news",
        )
    _show_ends(frame)


def show_list(current: Workspace, run_id: str) -> None:
    """A list of one's own: its sentiments as a table to take along."""
    st.markdown(t("sentiment.list.intro"))
    stream = _ask_for_stream("list")
    if stream is None:
        return
    judged = judge_texts(current, run_id, stream["text"].tolist())
    if judged is None:
        return
    frame = pd.concat([stream, judged.drop(columns="mood")], axis=1)
    unsure = f"{int(frame['unsure'].sum()):,}"
    st.markdown(f"**{t('sentiment.list.done', n=f'{len(frame):,}', unsure=unsure)}**")
    download.offer(frame, t("sentiment.list.download"), "sentiments.csv", key="download_list")
    show_reviews(frame, key="list_table")


def _ask_for_stream(key: str) -> pd.DataFrame | None:
    """The texts that someone pasted or uploaded; None without any."""
    pasted = st.text_area(
        t("sentiment.watch.paste"),
        placeholder=t("sentiment.watch.placeholder"),
        height=140,
        max_chars=200_000,
        key=f"{key}_pasted",
        persist_state="session",
    )
    upload_limit.say_if_full(_MEGABYTES)
    file = st.file_uploader(
        t("sentiment.watch.upload"),
        type=["csv", "tsv", "txt", "xlsx", "jsonl"],
        max_upload_size=_MEGABYTES,
        help=t("sentiment.watch.upload_help", most=f"{MOST:,}"),
        key=f"{key}_file",
    )
    try:
        if file is not None:
            return read_once(file, _read_stream)
        return read_lines(pasted) if pasted and pasted.strip() else None
    except ShoplabError as error:
        show_error(error)
        return None


def _read_stream(file: UploadedFile) -> pd.DataFrame:
    return read_stream(file.getvalue(), file.name)


def _show_doubt(current: Workspace, frame: pd.DataFrame) -> None:
    """How far these texts are from what the model learned from."""
    unknown = unknown_words(frame["text"], _learned(current))
    unsure = float(frame["unsure"].mean())
    said = t("sentiment.watch.doubt", unknown=f"{unknown:.0%}", unsure=f"{unsure:.0%}")
    if max(unknown, unsure) > _DOUBTFUL:
        st.warning(said, icon=":material/help:")
    else:
        st.caption(said)


@session.per_shop(8)
def _learned(current: Workspace) -> frozenset[str]:
    texts = newest(current)["text"].head(_LEARNED)
    return frozenset(word for text in texts for word in words(text))


def _show_ends(frame: pd.DataFrame) -> None:
    order = frame.sort_values("mood", ascending=False)
    with st.grid(2, min_column_width=320, gap="large", key="ends"):
        for side, rows in (("best", order.head(_ENDS)), ("worst", order.iloc[::-1].head(_ENDS))):
            with st.container(key=f"watch_{side}"):
                st.subheader(t(f"sentiment.watch.{side}"), anchor=False)
                shown = rows[["text", "mood", "time"]].dropna(axis="columns", how="all")
                show_reviews(shown, key=f"watch_{side}_table")
