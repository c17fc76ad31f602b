"""`/shop/{workspace}`: a small shop in the browser, to feel what is deployed.

The page itself holds nothing of a shop, so it needs no key; what it shows it asks the interface
for, with the key after the `#` of its address, which browsers send to no server.
"""

import html
import json
from pathlib import Path
from string import Template

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from engine.messages import LANGUAGES, engine_catalog
from engine.serving.api.errors import language_of

_FOLDER = Path(__file__).parent / "static"
_PREFIX = "storefront."
# Scripts, styles and pictures come from this server alone, and no page may frame this one.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def add_storefront(app: FastAPI) -> None:
    """Add the page, its script and its style."""
    page = Template((_FOLDER / "shop.html").read_text(encoding="utf-8"))
    app.mount("/shop/static", StaticFiles(directory=_FOLDER))

    @app.get("/shop/{workspace}", include_in_schema=False, response_class=HTMLResponse)
    async def shop(request: Request, workspace: str) -> HTMLResponse:
        """The page, in the language of `?lang=`, else in the browser's."""
        chosen = request.query_params.get("lang", "")
        language = chosen if chosen in LANGUAGES else language_of(request)
        texts = storefront_texts(language)
        fields = {
            **texts,
            "workspace": workspace,
            "language": language,
            "texts": json.dumps(texts, ensure_ascii=False),
        }
        content = page.substitute({name: html.escape(text) for name, text in fields.items()})
        return HTMLResponse(content, headers={"Content-Security-Policy": POLICY})


def storefront_texts(language: str) -> dict[str, str]:
    """The texts of the page by name."""
    texts = engine_catalog().texts[language]
    return {
        code.removeprefix(_PREFIX): text for code, text in texts.items() if code.startswith(_PREFIX)
    }
