"""Which model processes of a state folder run, and what their memory holds."""

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2

from engine import settings
from engine.codec import decode
from engine.serving.memory import Memory
from engine.storage.files import write_json

_SECONDS = 5.0


@dataclass(frozen=True)
class RunningModels:
    """A model process by its id, and what its memory holds."""

    pid: int
    memory: Memory


def note_running(socket: str) -> Path:
    """Let others find this process by `socket`. The file that says so is deleted at its end.

    A process that answers at the socket of one that was killed takes the place of its note.
    """
    file = _folder() / f"{Path(socket).parent.name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    write_json(file, {"socket": socket, "pid": os.getpid()})
    return file


def list_running() -> list[RunningModels]:
    """The model processes that answer now; the notes of others are deleted."""
    return list(_running())


def _running() -> Iterator[RunningModels]:
    for file in sorted(_folder().glob("*.json")):
        try:
            note = json.loads(file.read_text(encoding="utf-8"))
            socket, pid = str(note["socket"]), int(note["pid"])
            with httpx2.Client(
                transport=httpx2.HTTPTransport(uds=socket), timeout=_SECONDS
            ) as http:
                memory = decode(Memory, http.get("http://models/memory").json())
        except httpx2.TimeoutException:
            continue
        except (httpx2.TransportError, OSError, ValueError, KeyError):
            with contextlib.suppress(OSError):
                file.unlink()
            continue
        yield RunningModels(pid, memory)


def _folder() -> Path:
    return settings.home() / "models-running"
