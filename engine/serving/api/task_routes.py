"""`POST /v1/{workspace}/{task}`: a list of inputs, answered by the run that the shop serves."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from engine.assistant.answers import REPLY, Message, ReplyInput
from engine.codec import Call, decode
from engine.errors import InputError, ShoplabError
from engine.serving.api.access import Access, entrance
from engine.serving.api.answerer import Answerer
from engine.serving.api.body import read_json
from engine.serving.api.limits import Limits
from engine.serving.api.openapi import Schemas
from engine.serving.api.settings import ApiSettings
from engine.serving.question import Question
from engine.storage.api_keys import Scope
from engine.storage.deployments import Deployments
from engine.storage.workspace import Workspace
from engine.tasks import TASKS, find_call, get_task

# What a shopper's browser may ask. Other tasks answer for those who run the shop, and the
# assistant tells what a customer ordered to whoever names them.
STOREFRONT_TASKS = ("search", "cross_sell")

SPARE_SECONDS = 2.0


def add_task_routes(
    app: FastAPI, schemas: Schemas, answerer: Answerer, settings: ApiSettings, limits: Limits
) -> None:
    """Add a route for each task, and one for the assistant."""
    asking = Asking(answerer, settings)
    for task in TASKS:
        scope: Scope = "storefront" if task in STOREFRONT_TASKS else "shop"
        _add_task(app, schemas, asking, task, Depends(entrance(settings, limits, scope)))
    shop_key = Depends(entrance(settings, limits, "shop"))

    assistant = schemas.inputs("assistant", list[Message], REPLY.answer)

    @app.post("/v1/{workspace}/assistant", **assistant)
    async def reply(request: Request, access: Annotated[Access, shop_key]) -> JSONResponse:
        """Reply to customers' messages, from the shop's data and policy."""
        run = await run_in_threadpool(deployed_run, access.workspace, "search")
        messages = decode(list[Message], await asking.read_inputs(request))
        question = Question(access.workspace.name, REPLY, ReplyInput(tuple(messages)), run)
        return await asking.answer(question)

    @app.post("/v1/{workspace}/{task}", include_in_schema=False)
    async def refuse(task: str, access: Annotated[Access, shop_key]) -> None:
        """Say which tasks there are."""
        get_task(task)


def _add_task(app: FastAPI, schemas: Schemas, asking: "Asking", task: str, key: Any) -> None:
    call = find_call(task, "predict")

    @app.post(f"/v1/{{workspace}}/{task}", **schemas.inputs(task, call.body, call.answer))
    async def predict(request: Request, access: Annotated[Access, key]) -> JSONResponse:
        # Read once, so that all of this request is answered by one run whatever is promoted.
        run = await run_in_threadpool(deployed_run, access.workspace, task)
        return await asking.predict(access.workspace, call, run, request)


def deployed_run(workspace: Workspace, task: str) -> str:
    """The run that the shop serves, or `untuned`.

    Raises ShoplabError `deployment.run_gone` if its files were deleted: no other run answers in its
    place until somebody decides so.
    """
    deployments = Deployments(workspace)
    run = deployments.current(task)
    if not deployments.serves(run):
        raise ShoplabError("deployment.run_gone", run=run, task=task)
    return run


class Asking:
    """Puts the inputs of requests to the models."""

    def __init__(self, answerer: Answerer, settings: ApiSettings) -> None:
        self.answerer = answerer
        self.settings = settings

    async def predict(
        self, workspace: Workspace, call: Call[Any, Any], run: str, request: Request
    ) -> JSONResponse:
        """`{"run", "answers"}` for the inputs in the body."""
        body = decode(call.body, await self.read_inputs(request))
        return await self.answer(Question(workspace.name, call, body, run))

    async def answer(self, question: Question[Any, Any]) -> JSONResponse:
        """`{"run", "answers"}`. Raises `inference.too_slow` in any case once the time is over."""
        seconds = self.settings.seconds
        try:
            # The answerer knows better why it takes so long, so it comes first.
            async with asyncio.timeout(seconds + SPARE_SECONDS):
                answers = await self.answerer.answer(question, seconds)
        except TimeoutError as error:
            raise ShoplabError("inference.too_slow", seconds=f"{seconds:g}") from error
        return JSONResponse({"run": question.run, "answers": answers})

    async def read_inputs(self, request: Request) -> Sequence[object]:
        """The list in the body. Raises InputError for anything else, and for a long one."""
        inputs = await read_json(request, self.settings)
        if not isinstance(inputs, list) or not inputs:
            raise InputError("serving.no_inputs")
        if len(inputs) > self.settings.inputs:
            raise InputError("serving.many_inputs", most=self.settings.inputs)
        return inputs
