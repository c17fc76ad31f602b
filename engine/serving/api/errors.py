"""What went wrong, as JSON with the codes of the command line."""

import math
from collections.abc import Mapping

from fastapi import Request
from fastapi.responses import JSONResponse

from engine.errors import InputError, ShoplabError
from engine.messages import DEFAULT_LANGUAGE, LANGUAGES

# Any other error is 400 where the input is at fault, else 500.
STATUS: Mapping[str, int] = {
    "serving.bad_key": 401,
    "serving.key_scope": 403,
    "serving.no_path": 404,
    "tasks.unknown": 404,
    "serving.no_picture": 404,
    "serving.bad_method": 405,
    "serving.slow_body": 408,
    "serving.too_large": 413,
    "serving.too_fast": 429,
    "serving.too_many": 429,
    "workspace.busy": 503,
    "records.away": 503,
    "inference.busy": 503,
    "inference.died": 503,
    "inference.hung": 503,
    "deployment.run_gone": 503,
    "inference.too_slow": 504,
}
# Where trying again helps, and after how many seconds if the error itself does not say.
RETRY_SECONDS: Mapping[str, int] = {
    "serving.too_fast": 1,
    "serving.too_many": 1,
    "workspace.busy": 5,
    "records.away": 5,
    "inference.busy": 2,
    "inference.died": 2,
    "inference.hung": 2,
}


def error_response(error: ShoplabError, language: str) -> JSONResponse:
    """`{"error": {"code", "message", "details"}}` with the status that fits."""
    document = {
        "code": error.code,
        "message": error.message(language),
        "details": [problem.as_json(language) for problem in error.details],
    }
    headers = {"Content-Language": language}
    if error.code == "serving.bad_key":
        headers["WWW-Authenticate"] = "Bearer"
    if error.code in RETRY_SECONDS:
        wait = error.params.get("seconds", RETRY_SECONDS[error.code])
        headers["Retry-After"] = str(max(1, math.ceil(float(str(wait)))))
    status = STATUS.get(error.code, 400 if isinstance(error, InputError) else 500)
    return JSONResponse({"error": document}, status, headers)


def language_of(request: Request) -> str:
    """The language that the request prefers (`Accept-Language`), of those that Shoplab speaks."""
    best, chosen = 0.0, DEFAULT_LANGUAGE
    for part in request.headers.get("accept-language", "")[:200].split(","):
        name, _, weight = part.partition(";")
        language = name.strip()[:2].lower()
        quality = _quality(weight)
        if language in LANGUAGES and quality > best:
            best, chosen = quality, language
    return chosen


def _quality(weight: str) -> float:
    try:
        return float(weight.strip().removeprefix("q=") or 1)
    except ValueError:
        return 0.0
