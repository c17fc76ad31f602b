"""The pictures of the catalog: bring them, look at them, and see where they doubt the texts."""

import streamlit as st

from engine.images.answers import READ, ImageModel
from engine.images.image_store import Pictures
from engine.images.image_vectors import DEFAULT, read_tags
from engine.models.pretrained import available, offered
from engine.storage.workspace import Workspace
from pages.ui.frame.i18n import t
from pages.ui.images.add import show_adding, show_report
from pages.ui.images.doubts import show_doubts
from pages.ui.images.gallery import show_gallery
from pages.ui.images.search import show_search
from pages.ui.parts import answers, press

VIEWS = ("gallery", "doubts", "search")


def show_images(current: Workspace) -> None:
    """Everything about the pictures of `current`; without any, how to bring the first ones."""
    pictures = Pictures(current.folder)
    table = pictures.table()
    st.markdown(t("images.intro"))
    show_report()
    if table.empty:
        show_adding(current, pictures)
        return
    counts = table[["picture", "product_id"]].nunique()
    have = t("images.have", n=f"{counts['picture']:,}", products=f"{counts['product_id']:,}")
    st.markdown(f"**{have}**")
    with st.expander(t("images.add.title"), icon=":material/add_photo_alternate:"):
        show_adding(current, pictures)
    model = choose_model()
    unread = set(table["picture"]) - read_tags(pictures, model).keys()
    if unread:
        offer_reading(current, model, len(unread))
    view = st.segmented_control(
        t("images.view"),
        VIEWS,
        default=VIEWS[0],
        required=True,
        format_func=lambda name: t(f"images.views.{name}"),
        key="images_view",
        label_visibility="collapsed",
    )
    match view:
        case "doubts":
            show_doubts(current, pictures, model)
        case "search":
            show_search(current, pictures, model)
        case _:
            show_gallery(current, pictures, model)


def choose_model() -> str:
    """The image encoder: the default one, or a CLIP model of the hub or a folder."""
    with st.expander(t("images.model.title"), icon=":material/settings:"):
        typed = st.text_input(
            t("images.model.name"),
            value=DEFAULT,
            help=t("images.model.help", default=DEFAULT),
            max_chars=200,
            key="image_model",
            persist_state="session",
        )
    return (typed or "").strip() or DEFAULT


def offer_reading(current: Workspace, model: str, unread: int) -> None:
    """A button that lets the model read the pictures that are new to it, in small steps."""
    sizes = {known.id: known.size_mb for known in offered("pictures") if not available(known.id)}
    about = "images.read.about_first" if model in sizes else "images.read.about"
    said = t(about, n=f"{unread:,}", size=f"{sizes.get(model, 0):.0f}")
    st.info(said, icon=":material/visibility:")
    label = t("images.read.button", n=f"{unread:,}")
    if not press.button(label, "read_pictures", type="primary"):
        return
    bar = st.progress(0.0)
    left = unread
    while left:
        bar.progress(1 - left / unread, text=t("images.read.running", left=f"{left:,}"))
        answer = answers.ask(current, READ, ImageModel(model), fresh=True, pressed="read_pictures")
        if answer is None:
            return
        left = answer.value.left
    st.rerun()
