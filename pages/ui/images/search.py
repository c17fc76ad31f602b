"""From a picture to the products that look like it; from words too, where the model reads texts."""

import base64
from typing import Any

import streamlit as st

from engine.errors import InputError
from engine.images.answers import SEARCH
from engine.images.decode import FORMATS, MOST_BYTES, as_webp, open_picture
from engine.images.image_store import Pictures
from engine.images.image_vectors import DEFAULT, read_tags
from engine.storage.workspace import Workspace
from pages.ui.frame.i18n import escape, t
from pages.ui.images.gallery import join, show_picture, tag_name, titles
from pages.ui.parts import answers
from pages.ui.parts.errors import show_error

_SHOWN = 12
_WIDTH = 170


def show_search(current: Workspace, pictures: Pictures, model: str) -> None:
    """Ask with a picture or with words, and see the products that are nearest."""
    read = read_tags(pictures, model)
    if not read:
        st.info(t("images.search.read_first"))
        return
    question = _ask(model)
    if question is None:
        return
    about = {"model": model, "k": _SHOWN}
    answer = answers.ask(current, SEARCH, about | question, fresh=True)
    if answer is None:
        return
    tags, results = answer.value["tags"], answer.value["results"]
    if tags:
        shares = join(f"{tag_name(tag)} {share:.0%}" for tag, share in tags)
        st.caption(t("images.search.tags", tags=escape(shares)))
    names = titles(current)
    matches = [row for row in results if row["product_id"] in names]
    if not matches:
        st.info(t("images.search.none"))
        return
    best = names[matches[0]["product_id"]]
    st.markdown(f"**{t('images.search.title', n=len(matches), title=escape(best))}**")
    with st.grid("auto", min_column_width=190, gap="medium", key="alike"):
        for row in matches:
            lines = [t("images.search.score", score=f"{row['score']:.2f}")]
            show_picture(pictures, row["picture"], names[row["product_id"]], lines)


def _ask(model: str) -> dict[str, Any] | None:
    """What the visitor asks with, as part of a question; None before that."""
    text = ""
    if model != DEFAULT:
        text = st.text_input(t("images.search.text"), key="picture_text").strip()
    file = st.file_uploader(
        t("images.search.upload"),
        type=("jpg", "jpeg", "png", "webp", "gif", "bmp"),
        max_upload_size=MOST_BYTES // 1_000_000,
        help=t("images.search.help", kinds=", ".join(FORMATS)),
        key="picture_query",
    )
    if file is None:
        return {"text": text} if text else None
    try:
        image = open_picture(file.getvalue(), file.name)
    except InputError as error:
        show_error(error)
        return None
    small = as_webp(image)
    st.image(small, width=_WIDTH, alt=t("images.search.yours"))
    return {"picture": base64.b64encode(small).decode(), "name": file.name}
