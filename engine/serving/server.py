"""The process that holds the models, as a small web server on a socket of its own.

`POST /ask?seconds=60` takes a question (`engine.serving.question`) and answers with server-sent
events: `{"stage", "done", "total"}` while a model is made ready, `{"text"}` for what has been
written so far, and at last `{"error"}`, or `{"value", "seconds"}` with the time that answering took
once the models were loaded. In between, comments say that the process is alive. `POST /warm` has a
model loaded, `GET /memory` says what is in memory and `GET /metrics` what has been answered. The
process ends when its standard input does. Its parent holds the libraries and no model: when the
process is killed, as one is that takes too much memory, the next is there at once.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from engine.codec import encode
from engine.errors import ShoplabError
from engine.serving.answering import Answering, load_libraries, open_answerer
from engine.serving.question import Question, read_question
from engine.serving.respawn import respawn
from engine.serving.running import note_running
from engine.serving.watch import Stage, Watch
from engine.serving.wire import error_as_json
from engine.storage.printing import survive_full_logs

_ALIVE_SECONDS = 1.0
_LOOK_SECONDS = 0.2
_LEAVE_SECONDS = 2.0


def build_server(answering: Answering) -> Starlette:
    """The web application that pages ask."""

    async def ask(request: Request) -> Response:
        try:
            question = read_question(await request.json())
        except ShoplabError as error:
            return JSONResponse(error_as_json(error), status_code=422)
        seconds = float(request.query_params["seconds"])
        events = _events(answering, question, seconds)
        return StreamingResponse(events, media_type="text/event-stream")

    async def warm(request: Request) -> Response:
        about = await request.json()
        answering.warm(about["workspace"], about["task"])
        return Response(status_code=202)

    async def memory(_: Request) -> Response:
        return JSONResponse(encode(answering.memory()))

    async def metrics(_: Request) -> Response:
        return Response(answering.metrics(), media_type="text/plain; version=0.0.4")

    routes = [
        Route("/ask", ask, methods=["POST"]),
        Route("/warm", warm, methods=["POST"]),
        Route("/memory", memory),
        Route("/metrics", metrics),
    ]
    return Starlette(routes=routes)


async def _events(
    answering: Answering, question: Question[Any, Any], seconds: float
) -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    texts: asyncio.Queue[str] = asyncio.Queue()

    def on_text(text: str) -> None:
        loop.call_soon_threadsafe(texts.put_nowait, text)

    watch = Watch(on_text)
    answer = asyncio.create_task(answering.answer(question, seconds, watch))
    stage, silent = Stage(), 0.0
    try:
        while not answer.done():
            text = asyncio.create_task(texts.get())
            await asyncio.wait(
                {answer, text}, timeout=_LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            silent += _LOOK_SECONDS
            if text.done():
                yield _event({"text": text.result()})
                silent = 0.0
            else:
                text.cancel()
            if watch.current != stage:
                stage = watch.current
                yield _event({"stage": stage.name, "done": stage.done, "total": stage.total})
                silent = 0.0
            elif silent >= _ALIVE_SECONDS:
                yield ":\n\n"
                silent = 0.0
        while not texts.empty():
            yield _event({"text": texts.get_nowait()})
        yield _event(_outcome(answer, watch))
    finally:
        answer.cancel()


def _outcome(answer: "asyncio.Task[Any]", watch: Watch) -> dict[str, Any]:
    try:
        return {"value": answer.result(), "seconds": watch.seconds}
    except ShoplabError as error:
        return {"error": error_as_json(error)}


def _event(message: dict[str, Any]) -> str:
    return f"data: {json.dumps(message, ensure_ascii=False)}\n\n"


def _end_with(parent: int, server: uvicorn.Server, socket: str) -> None:
    """End when the pipe from the process that started this one is closed."""
    with contextlib.suppress(OSError):
        while os.read(parent, 1024):
            pass
    # Nobody else does, where the other process was killed.
    with contextlib.suppress(OSError):
        Path(socket).unlink()
        Path(socket).parent.rmdir()
    server.should_exit = True
    # A question that hangs must not keep the process.
    threading.Timer(_LEAVE_SECONDS, os._exit, [0]).start()


def main() -> None:
    """Answer at the socket that the first argument names; the second is the log's path."""
    socket, log = sys.argv[1:]
    survive_full_logs()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    load_libraries()
    sys.exit(abs(respawn(partial(_serve, socket, log))))


def _serve(socket: str, log: str) -> None:
    answering = open_answerer(log)
    config = uvicorn.Config(
        build_server(answering), uds=socket, log_level="warning", access_log=False, lifespan="off"
    )
    server = uvicorn.Server(config)
    threading.Thread(target=_end_with, args=(0, server, socket), daemon=True).start()
    note = note_running(socket)
    server.run()
    note.unlink(missing_ok=True)
    # Threads that answer questions nobody waits for any more are left where they are.
    os._exit(0)


if __name__ == "__main__":
    main()
