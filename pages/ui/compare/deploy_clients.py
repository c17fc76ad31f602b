"""How a program asks the shop's models, and the link of the demo storefront."""

import json
import shlex
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import streamlit as st

from engine.settings import API_PORT
from engine.storage.api_keys import ApiKeys
from engine.storage.workspace import Workspace
from engine.tasks import get_tiny
from pages.ui.frame import session
from pages.ui.frame.i18n import escape, language, t

STOREFRONT_DAYS = 7
_LONGEST = 200
_LONGEST_TEXT = 60
_CLIENT = """\
import json
import os
from urllib.request import Request, urlopen

headers = {{"Content-Type": "application/json"}}
headers["Authorization"] = "Bearer " + os.environ["SHOPLAB_KEY"]
inputs = {inputs!r}
request = Request({address!r}, json.dumps(inputs).encode(), headers)
with urlopen(request, timeout=30) as response:
    print(json.load(response))
"""


def show_clients(current: Workspace, task: str) -> None:
    """How to start the server, a line of curl, a client in Python, and the storefront."""
    st.markdown(t("compare.deploy.ask.start"))
    st.code("python -m engine serve", language="bash")
    base = st.text_input(
        t("compare.deploy.ask.address"),
        _address(),
        max_chars=_LONGEST,
        help=t("compare.deploy.ask.address_help"),
        key="deploy_address",
    ).rstrip("/")
    inputs = [example_input(current, task)]
    st.markdown(t("compare.deploy.ask.curl"))
    st.code(curl_line(base, current.name, task, inputs), language="bash", wrap_lines=True)
    st.markdown(t("compare.deploy.ask.python"))
    st.code(python_client(base, current.name, task, inputs), language="python")
    st.markdown(t("compare.deploy.ask.storefront", days=STOREFRONT_DAYS))
    if st.button(
        t("compare.deploy.ask.storefront_link"), icon=":material/storefront:", key="storefront"
    ):
        with ApiKeys(current) as keys:
            name = t("compare.deploy.ask.storefront_name")
            _, key = keys.create(name, "storefront", STOREFRONT_DAYS)
        st.code(storefront_link(base, current.name, key), language=None, wrap_lines=True)
        st.caption(escape(t("compare.deploy.ask.storefront_once")))


def curl_line(base: str, workspace: str, task: str, inputs: list[Mapping[str, Any]]) -> str:
    """A line for a shell that asks `task`, with the key in the variable SHOPLAB_KEY."""
    body = json.dumps(inputs, ensure_ascii=False)
    address = shlex.quote(_path(base, workspace, task))
    return (
        f'curl {address} -H "Authorization: Bearer $SHOPLAB_KEY"'
        f" -H 'Content-Type: application/json' -d {shlex.quote(body)}"
    )


def python_client(base: str, workspace: str, task: str, inputs: list[Mapping[str, Any]]) -> str:
    """A client in ten lines that needs nothing but Python."""
    return _CLIENT.format(address=_path(base, workspace, task), inputs=inputs)


def storefront_link(base: str, workspace: str, key: str) -> str:
    """The address of the storefront; browsers send what follows the `#` to no server."""
    return f"{base}/shop/{quote(workspace)}?lang={language()}#key={quote(key)}"


@session.per_shop()
def example_input(current: Workspace, task: str) -> Mapping[str, Any]:
    """What `task` may be asked in this shop: the form of its tiny shop's inputs, filled in."""
    products = session.tables(current).products
    product, title = (str(products[name].iloc[0]) for name in ("product_id", "title"))
    return {
        name: _fill(name, value, product, title[:_LONGEST_TEXT])
        for name, value in get_tiny(task).inputs[0].items()
    }


def _fill(name: str, value: object, product: str, title: str) -> object:
    """A value of the same kind from this shop's catalog."""
    if isinstance(value, list):
        return [product]
    if isinstance(value, str):
        return product if name == "product_id" else title
    return value


def _path(base: str, workspace: str, task: str) -> str:
    return f"{base}/v1/{quote(workspace)}/{task}"


def _address() -> str:
    """Where the server is if it runs beside the pages."""
    return f"http://{urlsplit(st.context.url or '').hostname or '127.0.0.1'}:{API_PORT}"
