"""Products whose picture and text seem to disagree, each with the reason."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from engine.images.answers import DOUBTS, Doubt, ImageModel
from engine.images.image_store import Pictures
from engine.images.image_vectors import read_tags
from engine.storage.workspace import Workspace
from pages.ui.frame.i18n import escape, t
from pages.ui.images.gallery import colour_name, join, titles
from pages.ui.parts import answers, charts, download, tables

_SHOWN = 12
_WIDTH = 140


def show_doubts(current: Workspace, pictures: Pictures, model: str) -> None:
    """The clearest doubts with their pictures, all of them as a table to take along."""
    read = read_tags(pictures, model)
    if not read:
        st.info(t("images.doubts.read_first"))
        return
    answer = answers.ask(current, DOUBTS, ImageModel(model), fresh=True)
    if answer is None:
        return
    doubts = answer.value
    st.caption(t("images.doubts.about"))
    if not doubts:
        st.success(t("images.doubts.none", n=f"{len(read):,}"), icon=":material/check:")
        return
    sure = sum(doubt.sure for doubt in doubts)
    st.markdown(f"**{t('images.doubts.title', n=f'{len(doubts):,}', sure=f'{sure:,}')}**")
    names = titles(current)
    for doubt in sorted(doubts, key=lambda doubt: not doubt.sure)[:_SHOWN]:
        _show_one(pictures, doubt, names)
    frame = _as_table(doubts, names)
    labels = {str(name): t(f"images.doubts.columns.{name}") for name in frame}
    download.offer(frame, t("images.doubts.download"), "doubts.csv", key="download_doubts")
    tables.show(frame, labels=labels, alt=t("images.doubts.alt"), key="doubts")


def _show_one(pictures: Pictures, doubt: Doubt, names: Mapping[str, str]) -> None:
    title = charts.cut(names.get(doubt.product_id, doubt.product_id))
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        file = pictures.file(doubt.picture)
        st.image(str(file), width=_WIDTH, alt=t("images.alt", title=title))
        with st.container():
            st.markdown(f"**{escape(title)}**")
            st.markdown(escape(_sentence(doubt)))
            kind = "sure" if doubt.sure else "perhaps"
            st.badge(
                t(f"images.doubts.{kind}"),
                icon=":material/priority_high:" if doubt.sure else ":material/help:",
                color="orange" if doubt.sure else "gray",
            )
        if st.button(
            t("images.doubts.remove"),
            icon=":material/delete:",
            key=f"remove_{doubt.kind}_{doubt.product_id}_{doubt.picture}",
        ):
            pictures.remove(doubt.picture)
            st.rerun()


def _sentence(doubt: Doubt) -> str:
    share = f"{doubt.share:.0%}"
    return t(f"images.doubts.kinds.{doubt.kind}", said=_said(doubt), seen=_seen(doubt), share=share)


def _said(doubt: Doubt) -> str:
    return _list(doubt.kind, doubt.stated)


def _seen(doubt: Doubt) -> str:
    return _list(doubt.kind, doubt.seen)


def _list(kind: str, values: Sequence[str]) -> str:
    return join(map(colour_name, values) if kind == "colour" else values)


def _as_table(doubts: Sequence[Doubt], names: Mapping[str, str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "product_id": doubt.product_id,
            "title": names.get(doubt.product_id, ""),
            "said": _said(doubt),
            "seen": _seen(doubt),
            "finding": _sentence(doubt),
            "sure": t(f"images.doubts.{'sure' if doubt.sure else 'perhaps'}"),
        }
        for doubt in doubts
    )
