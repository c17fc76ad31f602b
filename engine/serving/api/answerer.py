"""The border between the HTTP interface and the models."""

from typing import Any, Protocol

from engine.serving.question import Question


class Answerer(Protocol):
    """What answers questions; the server of the models is one."""

    async def answer(self, question: Question[Any, Any], seconds: float) -> Any:
        """The answer in JSON's own kinds.

        Raises what the service raises (InputError, ShoplabError), `inference.busy` while a model
        is being loaded, and `inference.too_slow` after `seconds`.
        """

    def metrics(self) -> bytes:
        """What the models' side measures of itself, in Prometheus' text format."""

    def ready(self) -> bool:
        """Whether questions can be answered."""
