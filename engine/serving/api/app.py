"""Puts the HTTP interface together."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException

from engine.errors import InputError, ShoplabError
from engine.serving.api.answerer import Answerer
from engine.serving.api.errors import error_response, language_of
from engine.serving.api.limits import Limits
from engine.serving.api.metrics import Metrics
from engine.serving.api.observing import Observing
from engine.serving.api.openapi import Schemas
from engine.serving.api.settings import ApiSettings
from engine.serving.api.shop_routes import add_shop_routes
from engine.serving.api.storefront import add_storefront
from engine.serving.api.task_routes import add_task_routes


def build_api(answerer: Answerer, settings: ApiSettings | None = None) -> FastAPI:
    """The app that answers for deployed models: `/v1`, the storefront, health and metrics."""
    settings = settings or ApiSettings()
    app = FastAPI(
        title="Shoplab",
        description="A shop's deployed models. Every path below /v1 needs a key of the workspace.",
        # The pages that FastAPI makes of the schema load their scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        # Shoplab sends data nowhere by itself.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    metrics, limits, schemas = Metrics(), Limits(settings), Schemas()
    _add_health(app, answerer, metrics)
    # The other routes first: what is no task's name is an unknown task.
    add_shop_routes(app, schemas, settings, limits)
    add_task_routes(app, schemas, answerer, settings, limits)
    add_storefront(app)
    _answer_errors(app, metrics)
    schemas.describe(app)
    if settings.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type", "Accept-Language"],
            expose_headers=["Retry-After"],
        )
    app.add_middleware(Observing, metrics=metrics)
    return app


def _add_health(app: FastAPI, answerer: Answerer, metrics: Metrics) -> None:
    @app.get("/healthz", summary="Whether the server runs")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz", summary="Whether the models can answer; 503 while they cannot")
    async def readyz() -> Response:
        ready = answerer.ready()
        return JSONResponse(
            {"status": "ready" if ready else "starting"}, status_code=200 if ready else 503
        )

    @app.get("/metrics", summary="Figures for Prometheus", response_class=PlainTextResponse)
    async def show_metrics() -> Response:
        return Response(metrics.text() + answerer.metrics(), media_type=CONTENT_TYPE_LATEST)


def _answer_errors(app: FastAPI, metrics: Metrics) -> None:
    """Let every error be answered in the one form, and count it."""

    def respond(error: ShoplabError, request: Request) -> JSONResponse:
        metrics.errors.labels(error.code).inc()
        return error_response(error, language_of(request))

    @app.exception_handler(ShoplabError)
    async def answer_error(request: Request, error: ShoplabError) -> JSONResponse:
        return respond(error, request)

    @app.exception_handler(HTTPException)
    async def answer_http(request: Request, error: HTTPException) -> JSONResponse:
        # What the framework itself refuses: a path or a method that there is not.
        code = "serving.bad_method" if error.status_code == 405 else "serving.no_path"
        return respond(InputError(code), request)

    @app.exception_handler(RequestValidationError)
    async def answer_invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        return respond(InputError("serving.no_path"), request)
