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


def first_pictures(current: Workspace) -> Mapping[str, str]:
    """The file with the first picture of each product that has one."""
    pictures = Pictures(current.folder)
    return _files(f"{current.name}:{pictures.stamp()}", pictures)


@st.cache_resource(max_entries=32, show_spinner=False)
def _files(stamp: str, _pictures: Pictures) -> Mapping[str, str]:
    """As `first_pictures`; the stamp changes with the pictures."""
    table = _pictures.table().drop_duplicates("product_id")
    return {
        product_id: str(_pictures.file(picture))
        for product_id, picture in zip(table["product_id"], table["picture"], strict=True)
    }


@contextlib.contextmanager
def beside_picture(current: Workspace, product_id: str) -> Iterator[None]:
    """Show what the block shows beside the picture of a product, if it has one."""
    picture, product = first_pictures(current).get(product_id), products(current).get(product_id)
    if picture is None:
        yield
        return
    title = product["title"] if product else product_id
    with st.container(horizontal=True, gap="small"):
        alt = t("product_card.picture", title=charts.cut(title))
        st.image(picture, width=_WIDTH, alt=alt)
        with st.container(gap="xsmall"):
            yield
