"""The interface's description (`/openapi.json`), from the types that calls are decoded with.

The routes read their bodies themselves, after the key and within limits, so FastAPI does not know
what they take.
"""

from typing import Any, Literal

from fastapi import FastAPI
from pydantic import TypeAdapter

from engine.serving.api.bodies import Answers

Mode = Literal["validation", "serialization"]

_PLACE = "#/components/schemas/{model}"
_ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "details"],
            "properties": {
                "code": {"type": "string", "description": "The same as on the command line."},
                "message": {"type": "string", "description": "In the language of Accept-Language."},
                "details": {"type": "array", "items": {"type": "object"}},
            },
        }
    },
}


class Schemas:
    """The types of the routes' bodies and answers, by operation."""

    def __init__(self) -> None:
        self.types: dict[tuple[str, Mode], Any] = {}
        self.listed: set[str] = set()

    def operation(self, name: str, body: Any, answer: Any) -> dict[str, Any]:
        """The arguments of a route that takes `body` and returns `answer`."""
        self.types[name, "validation"] = body
        self.types[name, "serialization"] = answer
        return {"operation_id": name, "response_model": None}

    def inputs(self, name: str, body: Any, answers: Any) -> dict[str, Any]:
        """As `operation`, of a route that takes a list of inputs and returns `Answers`."""
        self.listed.add(name)
        return self.operation(name, body, answers)

    def describe(self, app: FastAPI) -> None:
        """Let the app's description hold the types."""
        plain = app.openapi

        def described() -> dict[str, Any]:
            if app.openapi_schema is None:
                app.openapi_schema = self._fill(plain())
            return app.openapi_schema

        # FastAPI's documented way to extend its schema.
        app.openapi = described  # type: ignore[method-assign]

    def _fill(self, schema: dict[str, Any]) -> dict[str, Any]:
        types = [(name, mode, TypeAdapter(kind)) for (name, mode), kind in self.types.items()]
        shapes, shared = TypeAdapter.json_schemas(types, ref_template=_PLACE)
        components = schema.setdefault("components", {}).setdefault("schemas", {})
        components |= shared.get("$defs", {}) | {"Error": _ERROR}
        for path in schema["paths"].values():
            for operation in path.values():
                name = operation["operationId"]
                if (name, "validation") in shapes:
                    operation["requestBody"] = _content(shapes[name, "validation"])
                    operation["requestBody"]["required"] = True
                    answer = shapes[name, "serialization"]
                    operation["responses"] = {
                        "200": {"description": "The answer"}
                        | _content(_answers(answer) if name in self.listed else answer),
                        "default": {"description": "An error"}
                        | _content({"$ref": _PLACE.format(model="Error")}),
                    }
        return schema


def _answers(shape: dict[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = TypeAdapter(Answers).json_schema()
    fields["properties"]["answers"] = shape
    return fields


def _content(shape: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": shape}}}
