"""Values that only this browser holds, for those who come back without the address."""

import streamlit as st

_DAYS = 30
_COMPONENT = st.components.v2.component(
    "shoplab_cookie",
    html="<span hidden></span>\n",
    js="""export default function ({ data }) {
  document.cookie =
    `${data.name}=${data.value}; path=/; max-age=${data.days * 86400}; samesite=strict`
}
""",
)


def keep(name: str, value: str) -> None:
    """Have the browser keep `value` for a month; `read` gives it from the next visit on."""
    _COMPONENT(key=f"cookie_{name}", data={"name": name, "value": value, "days": _DAYS})


def read(name: str) -> str:
    """What the browser keeps under this name; empty for nothing."""
    return str(st.context.cookies.get(name, ""))
