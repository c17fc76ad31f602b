"""What a shop answers without a model: suggestions, products, pictures; and feedback."""

import re
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, JSONResponse

from engine.codec import decode, encode
from engine.errors import InputError
from engine.images.image_store import Pictures
from engine.serving.api.access import Access, entrance
from engine.serving.api.bodies import (
    FeedbackInput,
    KeptFeedback,
    Products,
    ProductsInput,
    SuggestInput,
    Suggestions,
)
from engine.serving.api.body import read_json
from engine.serving.api.feedback import keep_feedback
from engine.serving.api.limits import Limits
from engine.serving.api.openapi import Schemas
from engine.serving.api.settings import ApiSettings
from engine.serving.api.shops import read_shop

_PICTURE = re.compile(r"[0-9a-f]{64}")


def add_shop_routes(app: FastAPI, schemas: Schemas, settings: ApiSettings, limits: Limits) -> None:
    """Add the routes that a storefront needs beside search and cross-sell."""
    key = Depends(entrance(settings, limits, "storefront"))
    # A page of results shows many pictures at once, and they cost next to nothing.
    unlimited = Depends(entrance(settings, limits, "storefront", limited=False))

    @app.post("/v1/{workspace}/suggest", **schemas.operation("suggest", SuggestInput, Suggestions))
    async def suggest(request: Request, access: Annotated[Access, key]) -> JSONResponse:
        """Queries, categories, brands and products that begin like what was typed."""
        body = decode(SuggestInput, await read_json(request, settings))
        shop = await run_in_threadpool(read_shop, access.workspace)
        suggestions = await run_in_threadpool(shop.suggester.suggest, body.text, body.most)
        return JSONResponse(encode(Suggestions(suggestions)))

    @app.post("/v1/{workspace}/products", **schemas.operation("products", ProductsInput, Products))
    async def products(request: Request, access: Annotated[Access, key]) -> JSONResponse:
        """Title, price, brand, category and picture of products."""
        body = decode(ProductsInput, await read_json(request, settings))
        shop = await run_in_threadpool(read_shop, access.workspace)
        cards = [shop.products[name] for name in body.product_ids if name in shop.products]
        return JSONResponse(encode(Products(cards)))

    @app.post(
        "/v1/{workspace}/feedback", **schemas.operation("feedback", FeedbackInput, KeptFeedback)
    )
    async def feedback(request: Request, access: Annotated[Access, key]) -> JSONResponse:
        """Keep a list that was shown, and what the shopper did with it."""
        body = decode(FeedbackInput, await read_json(request, settings))
        return JSONResponse(encode(await run_in_threadpool(keep_feedback, access.workspace, body)))

    @app.get("/v1/{workspace}/pictures/{picture}", response_class=FileResponse)
    async def pictures(picture: str, access: Annotated[Access, unlimited]) -> FileResponse:
        """The small copy of a product's picture (WebP)."""
        file = Pictures(access.workspace.folder).file(picture)
        if not _PICTURE.fullmatch(picture) or not file.is_file():
            raise InputError("serving.no_picture")
        # A picture goes by the hash of its content, so it never changes.
        headers = {"Cache-Control": "private, max-age=86400, immutable"}
        return FileResponse(file, media_type="image/webp", headers=headers)
