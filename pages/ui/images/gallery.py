"""The pictures in a grid, with their colours and tags, and which colours the shop shows."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

import pandas as pd
import streamlit as st

from engine.images.colours import Palette
from engine.images.image_store import Pictures, palettes
from engine.images.image_vectors import read_tags
from engine.messages import engine_catalog
from engine.storage.workspace import Workspace
from pages.ui.frame import session
from pages.ui.frame.i18n import escape, language, t
from pages.ui.parts import charts

_A_PAGE = 24
_MOST_TAGS = 3
_WIDTH = 170


def colour_name(name: str) -> str:
    """A colour in the user's language."""
    return engine_catalog().texts[language()][f"images.colours.{name}"]


def tag_name(name: str) -> str:
    """A tag in the user's language."""
    return engine_catalog().texts[language()][f"tags.{name}"]


def join(parts: Iterable[str]) -> str:
    """`parts` as a list in the user's language."""
    return t("images.and").join(parts)


def show_picture(pictures: Pictures, picture: str, title: str, lines: Sequence[str]) -> None:
    """One picture over its product's title and some lines of text."""
    name = charts.cut(title)
    with st.container():
        st.image(str(pictures.file(picture)), width=_WIDTH, alt=t("images.alt", title=name))
        st.markdown(escape(name))
        for line in lines:
            st.caption(escape(line))


def titles(current: Workspace) -> Mapping[str, str]:
    """The title of every product."""
    products = session.tables(current).products
    return dict(zip(products["product_id"], products["title"], strict=True))


def show_gallery(current: Workspace, pictures: Pictures, model: str) -> None:
    """Which colours the shop shows, and its pictures, filtered by colour and tag."""
    table = pictures.table()
    colours, tags = palettes(table), read_tags(pictures, model)
    _draw_colours(colours)
    left, right = st.columns(2, gap="medium")
    with left:
        colour = _choose("colour", (p.colours[0].name for p in colours.values()), colour_name)
    with right:
        tag = _choose("tag", (ranked[0][0] for ranked in tags.values() if ranked), tag_name)
    wanted = table
    if colour:
        wanted = wanted[[colours[one].colours[0].name == colour for one in wanted["picture"]]]
    if tag:
        wanted = wanted[
            [tag in (name for name, _ in tags.get(one, ())) for one in wanted["picture"]]
        ]
    _draw_grid(pictures, wanted, titles(current), colours, tags)


def _choose(kind: str, names: Iterable[str], say: Callable[[str], str]) -> str | None:
    """A filter over what there is, the most frequent first; None for everything."""
    counts = Counter(names)
    labels = {name: f"{say(name)} ({n:,})" for name, n in counts.most_common()}
    return st.selectbox(
        t(f"images.filter.{kind}"),
        list(labels),
        index=None,
        format_func=labels.__getitem__,
        placeholder=t("images.filter.all"),
        key=f"pictures_{kind}",
    )


def _draw_colours(colours: Mapping[str, Palette]) -> None:
    counts = Counter(palette.colours[0].name for palette in colours.values()).most_common()
    first, n = counts[0]
    charts.draw(
        charts.bars(
            [colour_name(name) for name, _ in counts],
            [count for _, count in counts],
            value_name=t("images.pictures"),
            highlight=colour_name(first),
        ),
        title=t("images.colours.title", colour=colour_name(first), share=f"{n / len(colours):.0%}"),
        note=t("images.colours.note"),
        key="chart_colours",
    )


def _draw_grid(
    pictures: Pictures,
    wanted: pd.DataFrame,
    names: Mapping[str, str],
    colours: Mapping[str, Palette],
    tags: Mapping[str, Sequence[tuple[str, float]]],
) -> None:
    pages = max(-(-len(wanted) // _A_PAGE), 1)
    st.caption(t("images.found", n=f"{len(wanted):,}"))
    page = 1
    if pages > 1:
        # The key depends on the number of pages, since the old page may not exist any more.
        key = f"pictures_page_{pages}"
        page = st.number_input(t("images.page", n=pages), 1, pages, key=key, width=160)
    first = (page - 1) * _A_PAGE
    with st.grid("auto", min_column_width=190, gap="medium", key="pictures"):
        part = wanted.iloc[first : first + _A_PAGE]
        for product_id, picture in zip(part["product_id"], part["picture"], strict=True):
            shown = colours[picture].colours
            lines = [join(f"{colour_name(c.name)} {c.share:.0%}" for c in shown)]
            best = tags.get(picture, ())[:_MOST_TAGS]
            if best:
                lines.append(join(f"{tag_name(tag)} {share:.0%}" for tag, share in best))
            show_picture(pictures, picture, names.get(product_id, product_id), lines)
