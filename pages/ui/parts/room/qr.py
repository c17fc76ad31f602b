"""The way into a workshop, for eyes and for cameras."""

import functools
import io

import segno
import streamlit as st

from pages.ui.frame.i18n import t

_BIG = st.components.v2.component(
    "shoplab_code",
    html='<div class="room-code"></div>\n',
    css=""".room-code {
  font-family: var(--st-code-font);
  font-weight: 650;
  letter-spacing: 0.12em;
  line-height: 1.1;
  font-size: clamp(2.5rem, 9vw, 8rem);
  color: var(--st-text-color);
}
""",
    js="""export default function ({ data, parentElement }) {
  parentElement.querySelector(".room-code").textContent = data.code
}
""",
)


@functools.lru_cache(maxsize=64)
def _picture(address: str) -> bytes:
    written = io.BytesIO()
    segno.make(address, error="m", micro=False).save(written, kind="png", scale=10, border=3)
    return written.getvalue()


def show_qr(address: str, width: int) -> None:
    """The QR code of an address, dark on white in either theme, `width` pixels wide."""
    st.image(_picture(address), width=width, alt=t("room_parts.qr", link=address))


def show_big_code(code: str) -> None:
    """A workshop's code, readable from the last row."""
    _BIG(key="big_code", data={"code": code})
