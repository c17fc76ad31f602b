"""Stands where the models' server answers the HTTP interface."""

import asyncio
from typing import Any

from engine.codec import encode
from engine.serving.question import Question
from tests.shop_double import FakeModels


class FakeAnswerer:
    """Answers as `FakeModels` does, one turn of the event loop after being asked.

    `held` keeps answers back while it is not set; `error` is raised instead of an answer.
    """

    def __init__(self) -> None:
        self.models = FakeModels()
        self.held = asyncio.Event()
        self.held.set()
        self.error: BaseException | None = None
        self.is_ready = True

    async def answer(self, question: Question[Any, Any], seconds: float) -> Any:
        await asyncio.sleep(0)
        await self.held.wait()
        if self.error is not None:
            raise self.error
        return encode(self.models.ask(question))

    def metrics(self) -> bytes:
        return b"# HELP shoplab_models Models in memory.\nshoplab_models 1\n"

    def ready(self) -> bool:
        return self.is_ready


class NamingAnswerer(FakeAnswerer):
    """Answers each input with the run that was asked, so that a mixture of runs would show."""

    async def answer(self, question: Question[Any, Any], seconds: float) -> Any:
        answers = []
        for _ in question.body:
            await asyncio.sleep(0)
            answers.append(question.run)
        return answers
