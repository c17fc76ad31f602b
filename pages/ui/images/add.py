"""Adding pictures: uploads and ZIP files named by product, and the links of the catalog."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from engine.errors import InputError, ShoplabError
from engine.images.archive import product_of, read_archive
from engine.images.decode import FORMATS, MOST_BYTES
from engine.images.fetch import Limits, fetch_all
from engine.images.image_store import Added, Brought, Pictures, missing_links
from engine.storage.workspace import Workspace
from pages.ui.frame import session, upload_limit
from pages.ui.frame.i18n import escape, language, t
from pages.ui.parts import tables
from pages.ui.parts.errors import show_error

_REPORT = "images_report"
_TURN = "images_turn"
_UPLOAD_MB = 200
_NAMED_HOSTS = 5
_ENDINGS = ("jpg", "jpeg", "png", "webp", "gif", "bmp", "zip")


@dataclass(frozen=True)
class Report:
    """The result of adding pictures; `refused` holds source and reason of each."""

    new: int
    known: int
    refused: Sequence[tuple[str, ShoplabError]]


def show_adding(current: Workspace, pictures: Pictures) -> None:
    """Upload, fetch, and remove all pictures."""
    left, right = st.columns(2, gap="large")
    products = session.tables(current).products
    with left:
        _show_upload(pictures, products)
    with right:
        _show_links(pictures, products)
    if not pictures.table().empty:
        st.caption(t("images.add.size", mb=f"{pictures.size() / 1e6:,.1f}"))
        with st.popover(t("images.add.clear"), icon=":material/delete:"):
            st.markdown(t("images.add.clear_about"))
            if st.button(t("images.add.clear_really"), key="clear_pictures"):
                pictures.clear()
                st.session_state.pop(_REPORT, None)
                st.rerun()


def _show_upload(pictures: Pictures, products: pd.DataFrame) -> None:
    product = st.text_input(
        t("images.add.product"),
        help=t("images.add.product_help"),
        max_chars=200,
        key="picture_product",
    ).strip()
    turn = st.session_state.get(_TURN, 0)
    upload_limit.say_if_full(_UPLOAD_MB)
    files = st.file_uploader(
        t("images.add.upload"),
        type=_ENDINGS,
        accept_multiple_files=True,
        max_upload_size=_UPLOAD_MB,
        help=t("images.add.upload_help", kinds=", ".join(FORMATS), size=MOST_BYTES // 1_000_000),
        key=f"pictures_{turn}",
    )
    if not files:
        return
    ids = {str(one).casefold(): str(one) for one in products["product_id"]}
    if product and product.casefold() not in ids:
        st.error(t("images.add.unknown_product", product=escape(product)))
        return
    with st.spinner(t("images.add.opening")):
        _add(pictures, _uploaded(files, ids, ids.get(product.casefold())))
    for file in files:
        upload_limit.release(file)
    # A new key drops the widget.
    st.session_state[_TURN] = turn + 1
    st.rerun()


def _uploaded(
    files: Iterable[UploadedFile], ids: Mapping[str, str], product: str | None
) -> Iterator[Brought]:
    for file in files:
        if file.name.lower().endswith(".zip"):
            try:
                yield from read_archive(file, file.name, ids.values())
            except InputError as error:
                yield Brought("", file.name, error)
            continue
        named = product or product_of(file.name, ids)
        if named is None:
            yield Brought("", file.name, InputError("images.unknown_product", name=file.name))
        else:
            yield Brought(named, file.name, file.getvalue())


def _show_links(pictures: Pictures, products: pd.DataFrame) -> None:
    missing = missing_links(products, pictures.table())
    if not missing:
        st.markdown(t("images.fetch.none"))
        return
    links = list(missing)[: Limits.count]
    hosts = Counter(_host(link) for link in links)
    named = ", ".join(f"{host} ({n:,})" for host, n in hosts.most_common(_NAMED_HOSTS))
    more = len(hosts) - _NAMED_HOSTS
    st.markdown(t("images.fetch.about", n=f"{len(missing):,}"))
    st.markdown(
        t("images.fetch.from", hosts=escape(named))
        + (t("images.fetch.more", n=more) if more > 0 else "")
    )
    limits = {"seconds": round(Limits.seconds), "size": Limits.most_bytes // 1_000_000}
    st.caption(t("images.fetch.limits", count=f"{Limits.count:,}", **limits))
    label = t("images.fetch.button", n=f"{len(links):,}")
    if st.button(label, icon=":material/download:", key="fetch_pictures"):
        _add(pictures, _fetched(links, missing))
        st.rerun()


def _fetched(links: Sequence[str], missing: Mapping[str, Sequence[str]]) -> Iterator[Brought]:
    bar = st.progress(0.0)
    for done, (link, content) in enumerate(fetch_all(links), start=1):
        for product_id in missing[link] if isinstance(content, bytes) else missing[link][:1]:
            yield Brought(product_id, link, content)
        text = t("images.fetch.running", done=f"{done:,}", total=f"{len(links):,}")
        bar.progress(done / len(links), text=text)


def _host(link: str) -> str:
    try:
        return urlsplit(link).hostname or link
    except ValueError:
        return link


def _add(pictures: Pictures, brought: Iterator[Brought]) -> None:
    """Add the pictures; the next rerun shows the result."""
    before = len(pictures.table())
    try:
        added = pictures.add(brought)
    except ShoplabError as error:
        # It stopped there, but the pictures added before the error stay.
        added = Added(len(pictures.table()) - before, refused=[("", error)])
    st.session_state[_REPORT] = Report(added.new, added.known, added.refused)


def show_report() -> None:
    """The result of the last pictures that were added."""
    report: Report | None = st.session_state.get(_REPORT)
    if report is None:
        return
    if report.new or not report.refused:
        text = t("images.add.done", new=f"{report.new:,}", known=f"{report.known:,}")
        st.success(text, icon=":material/check:")
    if len(report.refused) == 1:
        show_error(report.refused[0][1])
    elif report.refused:
        st.warning(t("images.add.refused", n=f"{len(report.refused):,}"))
        rows = [(source, error.message(language())) for source, error in report.refused]
        frame = pd.DataFrame(rows, columns=["source", "reason"])
        labels = {str(name): t(f"images.add.{name}") for name in frame}
        tables.show(frame, labels=labels, alt=t("images.add.refused_alt"), key="refused_pictures")
