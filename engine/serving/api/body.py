"""Reads the body of a request, within limits."""

import asyncio
import json

from fastapi import Request

from engine.errors import InputError
from engine.serving.api.settings import ApiSettings


async def read_json(request: Request, settings: ApiSettings) -> object:
    """The JSON value in the body.

    Raises InputError for a body that is too large, before the whole of it is read; for one that
    takes too long to arrive; and for one that is no JSON.
    """
    try:
        async with asyncio.timeout(settings.body_seconds):
            content = await _read(request, settings.body_bytes)
    except TimeoutError as error:
        raise InputError("serving.slow_body", seconds=f"{settings.body_seconds:g}") from error
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InputError("serving.no_json") from error


async def _read(request: Request, most: int) -> bytes:
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > most:
        raise InputError("serving.too_large", most=f"{most:,}")
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > most:
            raise InputError("serving.too_large", most=f"{most:,}")
    return bytes(content)
