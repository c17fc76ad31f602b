"""From a picture to the products that look like it; from words too, where the model reads texts."""

import base64

import streamlit as st

from engine.errors import InputError
from engine.images.answers import SEARCH, ImageQuery
from engine.images.decode import FORMATS, MOST_BYTES, as_webp, open_picture
from engine.images.image_store import Pictures
from engine.images.image_vectors import DEFAULT, read_tags
from engine.storage.workspace import Workspace
from pages.ui.frame import upload_limit
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
    query = _choose_query(model)
    if query is None:
        return
    answer = answers.ask(current, SEARCH, query, fresh=True)
    if answer is None:
        return
    tags, results = answer.value.tags, answer.value.results
    if tags:
        shares = join(f"{tag_name(tag)} {share:.0%}" for tag, share in tags)
        st.caption(t("images.search.tags", tags=escape(shares)))
    names = titles(current)
    shown = [result for result in results if result.product_id in names]
    if not shown:
        st.info(t("images.search.none"))
        return
    best = names[shown[0].product_id]
    st.markdown(f"**{t('images.search.title', n=len(shown), title=escape(best))}**")
    with st.grid("auto", min_column_width=190, gap="medium", key="similar"):
        for result in shown:
            lines = [t("images.search.score", score=f"{result.score:.2f}")]
            show_picture(pictures, result.picture, names[result.product_id], lines)


def _choose_query(model: str) -> ImageQuery | None:
    """What the visitor asks with; None before that."""
    text = ""
    if model != DEFAULT:
        text = st.text_input(t("images.search.text"), max_chars=200, key="picture_text").strip()
    upload_limit.say_if_full(MOST_BYTES // 1_000_000)
    file = st.file_uploader(
        t("images.search.upload"),
        type=("jpg", "jpeg", "png", "webp", "gif", "bmp"),
        max_upload_size=MOST_BYTES // 1_000_000,
        help=t("images.search.help", kinds=", ".join(FORMATS)),
        key="picture_query",
    )
    if file is None:
        return ImageQuery(model, _SHOWN, text=text) if text else None
    try:
        image = open_picture(file.getvalue(), file.name)
    except InputError as error:
        show_error(error)
        return None
    small = as_webp(image)
    st.image(small, width=_WIDTH, alt=t("images.search.yours"))
    picture = base64.b64encode(small).decode()
    return ImageQuery(model, _SHOWN, picture=picture, name=file.name)
