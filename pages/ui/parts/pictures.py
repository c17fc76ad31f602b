"""The picture of a product beside what is said about it."""

import contextlib
from collections.abc import Iterator, Mapping

import streamlit as st

from engine.images.image_store import Pictures
from engine.storage.workspace import Workspace
from pages.ui.frame.i18n import t
from pages.ui.parts import charts
from pages.ui.parts.product_card import products

_WIDTH = 76


def picture_of(current: Workspace, product_id: str) -> str | None:
    """The file with the first picture of a product, or None."""
    pictures = Pictures(current.folder)
    return _files(f"{current.name}:{pictures.stamp()}", pictures).get(product_id)


@st.cache_resource(max_entries=32, show_spinner=False)
def _files(stamp: str, _pictures: Pictures) -> Mapping[str, str]:
    """The first picture of each product; the stamp changes with them."""
    table = _pictures.table().drop_duplicates("product_id")
    return {
        product_id: str(_pictures.file(picture))
        for product_id, picture in zip(table["product_id"], table["picture"], strict=True)
    }


@contextlib.contextmanager
def beside_picture(current: Workspace, product_id: str) -> Iterator[None]:
    """Show what the block shows beside the product's picture, if it has one."""
    picture = picture_of(current, product_id)
    if picture is None:
        yield
        return
    product = products(current).get(product_id)
    title = charts.cut(product["title"] if product else product_id)
    with st.container(horizontal=True, gap="small"):
        st.image(picture, width=_WIDTH, alt=t("product_card.picture", title=title))
        with st.container(gap="xsmall"):
            yield
