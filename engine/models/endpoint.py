"""A generator behind an OpenAI-compatible address: GPT, Qwen, DeepSeek, vLLM, Ollama and others.

The key lives in the caller's memory alone: it is in no message, no log and no representation.
"""

import codecs
import contextlib
import ipaddress
import json
import socket
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx2

from engine.addresses import is_public
from engine.errors import InputError, ShoplabError

Messages = Sequence[Mapping[str, str]]

CONNECT_SECONDS = 5.0
# Between two pieces of an answer, and for all of it: a server may also drip for ever.
SILENT_SECONDS = 30.0
TOTAL_SECONDS = 90.0
MOST_BYTES = 1_000_000
MOST_CHARACTERS = 20_000
# A server's own words about an error, where it has some.
MOST_REASON = 200
_DONE = "[DONE]"


@dataclass(frozen=True)
class Endpoint:
    """Where to ask, which model, and with which key (or none).

    Only a `private` endpoint may be at an address of this machine or its network.
    """

    url: str
    model: str
    key: str = field(default="", repr=False)
    most_tokens: int = 300
    total_seconds: float = TOTAL_SECONDS
    silent_seconds: float = SILENT_SECONDS
    private: bool = True

    def ask(self, messages: Messages, on_text: Callable[[str], None] = lambda _: None) -> str:
        """The model's answer; `on_text` gets what came so far, piece by piece, where it streams.

        Raises InputError for an address that cannot be one or is not allowed, and ShoplabError for
        whatever goes wrong: `endpoint.unreachable`, `refused`, `no_model`, `busy`, `failed`,
        `slow`, `too_long`, `not_understood`, `empty`, `redirected`.
        """
        text = ""
        deadline = time.monotonic() + self.total_seconds
        with contextlib.closing(self._pieces(messages, deadline)) as pieces:
            for piece in pieces:
                text += piece
                if len(text) > MOST_CHARACTERS:
                    raise ShoplabError("endpoint.too_long", most=MOST_CHARACTERS)
                if time.monotonic() > deadline:
                    raise self._slow()
                on_text(text)
        if not text.strip():
            raise ShoplabError("endpoint.empty", model=self.model)
        return text.strip()

    def _pieces(self, messages: Messages, deadline: float) -> Generator[str, None, None]:
        address = completions_address(self.url)
        if not self.model.strip():
            raise InputError("endpoint.name_a_model")
        # Header values hold no other characters; the library's own message would show the key.
        if not self.key.isascii() or any(sign.isspace() for sign in self.key):
            raise InputError("endpoint.bad_key")
        headers = {"Accept-Encoding": "identity"}
        extensions = {}
        if not self.private:
            # The connection goes to the address that was checked, whatever the name means then.
            host = self._host
            headers["Host"] = urlsplit(address).netloc
            extensions["sni_hostname"] = host
            address = _at(address, public_address(host))
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        body = {
            "model": self.model,
            "messages": [dict(message) for message in messages],
            "max_tokens": self.most_tokens,
            "stream": True,
        }
        times = httpx2.Timeout(self.silent_seconds, connect=CONNECT_SECONDS)
        try:
            # No redirects: another host must not get the key, nor one that was not checked.
            with (
                httpx2.Client(timeout=times, follow_redirects=False) as client,
                client.stream(
                    "POST", address, json=body, headers=headers, extensions=extensions
                ) as reply,
            ):
                lines = _lines(reply, deadline, self._slow)
                if reply.status_code != httpx2.codes.OK:
                    raise self._refusal(reply.status_code, "\n".join(lines))
                yield from _read(lines, streamed=_is_stream(reply))
        except httpx2.TimeoutException as error:
            if isinstance(error, httpx2.ConnectTimeout):
                raise self._unreachable() from None
            raise self._slow() from None
        except (httpx2.DecodingError, httpx2.RemoteProtocolError):
            raise ShoplabError("endpoint.not_understood", host=self._host) from None
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError):
            # Without the cause: its words may hold the request's headers.
            raise self._unreachable() from None

    @property
    def _host(self) -> str:
        return urlsplit(self.url.strip()).hostname or ""

    def _unreachable(self) -> ShoplabError:
        return ShoplabError("endpoint.unreachable", host=self._host)

    def _slow(self) -> ShoplabError:
        return ShoplabError("endpoint.slow", host=self._host, seconds=round(self.total_seconds))

    def _refusal(self, status: int, said: str) -> ShoplabError:
        if 300 <= status < 400:
            return ShoplabError("endpoint.redirected", host=self._host)
        if status in (401, 403):
            return ShoplabError("endpoint.refused", host=self._host, status=status)
        if status == 404:
            return ShoplabError("endpoint.no_model", host=self._host, model=self.model)
        if status == 429:
            return ShoplabError("endpoint.busy", host=self._host)
        why = self._without_key(_reason(said))
        return ShoplabError("endpoint.failed", host=self._host, status=status, why=why)

    def _without_key(self, text: str) -> str:
        return text.replace(self.key, "…") if self.key else text


def completions_address(url: str) -> str:
    """The address to post to, from what a user typed: with or without `/v1` and the rest.

    Raises InputError for another scheme than http and https, no host, or a name and password in it.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise InputError("endpoint.bad_address", url=_shown(url)) from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise InputError("endpoint.bad_address", url=_shown(url))
    path = parts.path.rstrip("/")
    if not path.endswith("/chat/completions"):
        path = f"{path or '/v1'}/chat/completions"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return urlunsplit((parts.scheme, f"{host}:{port}" if port else host, path, "", ""))


def public_address(host: str) -> str:
    """An address of `host` on the public internet.

    Raises InputError if any of its addresses is another, ShoplabError if it has none.
    """
    try:
        entries = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ShoplabError("endpoint.unreachable", host=host) from None
    addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in entries]
    if not all(map(is_public, addresses)):
        raise InputError("endpoint.private_address", host=host)
    return str(addresses[0])


def _at(url: str, address: str) -> str:
    """`url` with its host replaced by an address."""
    parts = urlsplit(url)
    host = f"[{address}]" if ":" in address else address
    return urlunsplit(parts._replace(netloc=f"{host}:{parts.port}" if parts.port else host))


def _shown(url: str) -> str:
    """An address without a password that may stand in it."""
    return url.strip().rpartition("@")[2][:100]


def _is_stream(reply: httpx2.Response) -> bool:
    return str(reply.headers.get("content-type", "")).startswith("text/event-stream")


def _lines(
    reply: httpx2.Response, deadline: float, slow: Callable[[], ShoplabError]
) -> Iterator[str]:
    """The lines of a reply, until it is too long or too late."""
    size, rest = 0, ""
    for piece in _texts(reply):
        size += len(piece)
        if size > MOST_BYTES:
            raise ShoplabError("endpoint.too_long", most=MOST_CHARACTERS)
        if time.monotonic() > deadline:
            raise slow()
        *whole, rest = (rest + piece).split("\n")
        yield from whole
    if rest:
        yield rest


def _texts(reply: httpx2.Response) -> Iterator[str]:
    # Nothing is unpacked: a small packed answer may be endless.
    if reply.headers.get("content-encoding", "identity") != "identity":
        raise httpx2.DecodingError("packed")
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for block in reply.iter_raw():
        yield decoder.decode(block)


def _read(lines: Iterator[str], *, streamed: bool) -> Iterator[str]:
    """The pieces of an answer, from server-sent events or from one JSON document."""
    if not streamed:
        yield _content(_parse("\n".join(lines)), "message")
        return
    for line in lines:
        name, _, data = line.partition(":")
        data = data.strip()
        if name != "data" or not data:
            continue
        if data == _DONE:
            return
        yield _content(_parse(data), "delta")


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ShoplabError("endpoint.not_json") from None


def _content(document: Any, part: str) -> str:
    """The text in a document of the chat completions format; "" for a piece without one."""
    try:
        if "error" in document and "choices" not in document:
            raise ShoplabError("endpoint.not_json")
        if not document["choices"]:
            return ""
        content = document["choices"][0][part].get("content")
    except (KeyError, IndexError, TypeError, AttributeError):
        raise ShoplabError("endpoint.not_json") from None
    if content is not None and not isinstance(content, str):
        raise ShoplabError("endpoint.not_json")
    return content or ""


def _reason(said: str) -> str:
    """A server's own words about an error, on one line; "" for a page of HTML."""
    try:
        found = json.loads(said)
        # FastAPI's servers, transformers serve among them, call it "detail".
        error = next((found[name] for name in ("error", "message", "detail") if name in found), "")
        text = error.get("message", "") if isinstance(error, dict) else error
    except (ValueError, TypeError, RecursionError):
        text = ""
    return " ".join(str(text).split())[:MOST_REASON]
