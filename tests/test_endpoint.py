"""An OpenAI-compatible endpoint: a real local server that answers, refuses, lies and drips."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from engine.errors import InputError, ShoplabError
from engine.models.endpoint import MOST_CHARACTERS, Endpoint, completions_address
from tests.waiting import LONG

KEY = "sk-very-secret"
MESSAGES = [{"role": "user", "content": "a mug"}]


class Server(ThreadingHTTPServer):
    """Answers every post with `reply`; keeps what it was sent."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.reply: Callable[[Handler], None] = lambda handler: handler.document("Hello.")
        self.seen: list[tuple[str, dict[str, Any], dict[str, str]]] = []
        self.url = f"http://127.0.0.1:{self.server_port}/v1"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients hang up on purpose here."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        size = int(self.headers["Content-Length"])
        body = json.loads(self.rfile.read(size))
        self.server.seen.append((self.path, body, dict(self.headers)))
        self.server.reply(self)

    def start(self, status: int = 200, kind: str = "application/json", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def document(self, text: object) -> None:
        self.start()
        self.say(json.dumps({"choices": [{"message": {"content": text}}]}))

    def event(self, text: str) -> None:
        self.say(f"data: {json.dumps({'choices': [{'delta': {'content': text}}]})}\n\n")

    def say(self, text: str) -> None:
        self.wfile.write(text.encode())
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def ask(server: Server, **changes: Any) -> str:
    return Endpoint(server.url, "tiny", KEY, **changes).ask(MESSAGES)


def code_of(server: Server, **changes: Any) -> str:
    with pytest.raises(ShoplabError) as caught:
        ask(server, **changes)
    for text in (str(caught.value), repr(caught.value), *map(caught.value.message, ("en", "zh"))):
        assert KEY not in text
    assert caught.value.__cause__ is None
    return caught.value.code


def test_one_document_is_an_answer(server):
    assert ask(server) == "Hello."
    path, body, headers = server.seen[0]
    assert path == "/v1/chat/completions"
    assert body["model"] == "tiny"
    assert body["messages"] == MESSAGES
    assert headers["Authorization"] == f"Bearer {KEY}"


def test_a_stream_is_heard_piece_by_piece(server):
    def reply(handler: Handler) -> None:
        handler.start(kind="text/event-stream")
        handler.say(": a comment\n\n")
        handler.say('data: {"choices": []}\n\n')
        for piece in ("好", "的杯子", "。"):
            handler.event(piece)
        handler.say("data: [DONE]\n\n")

    server.reply = reply
    heard: list[str] = []
    assert Endpoint(server.url, "tiny").ask(MESSAGES, heard.append) == "好的杯子。"
    assert heard[-1] == "好的杯子。"
    assert "好" in heard
    assert "Authorization" not in server.seen[0][2]


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "endpoint.refused"),
        (403, "endpoint.refused"),
        (404, "endpoint.no_model"),
        (429, "endpoint.busy"),
        (500, "endpoint.failed"),
    ],
)
def test_each_refusal_says_what_it_is(server, status, code):
    def reply(handler: Handler) -> None:
        handler.start(status)
        handler.say(json.dumps({"error": {"message": f"the key {KEY} is wrong"}}))

    server.reply = reply
    assert code_of(server) == code


def test_a_servers_own_words_are_passed_on_in_one_line(server):
    def reply(handler: Handler) -> None:
        handler.start(500)
        handler.say(json.dumps({"error": {"message": "out of\nmemory " + "x" * 9999}}))

    server.reply = reply
    with pytest.raises(ShoplabError) as caught:
        ask(server)
    said = caught.value.message("en")
    assert "out of memory" in said
    assert len(said) < 400


@pytest.mark.parametrize("body", ['"an error"', "5", "[]", "null", '{"detail": 3}', "[" * 100_000])
def test_a_refusal_in_no_known_form_is_told_without_words(server, body):
    def reply(handler: Handler) -> None:
        handler.start(500)
        handler.say(body)

    server.reply = reply
    assert code_of(server) == "endpoint.failed"


@pytest.mark.parametrize(
    "body",
    [
        "<html><h1>Welcome</h1></html>",
        "{",
        "[]",
        "null",
        '"text"',
        '{"choices": 3}',
        '{"choices": [{"message": {"content": {"a": 1}}}]}',
        '{"error": "no"}',
        "[" * 100_000,
    ],
)
def test_lies_are_told_apart_from_answers(server, body):
    def reply(handler: Handler) -> None:
        handler.start()
        handler.say(body)

    server.reply = reply
    assert code_of(server) == "endpoint.not_json"


@pytest.mark.parametrize("text", ["", "  \n", None])
def test_an_empty_answer_is_an_error(server, text):
    server.reply = lambda handler: handler.document(text)
    assert code_of(server) == "endpoint.empty"


def test_an_answer_without_end_is_given_up(server):
    def reply(handler: Handler) -> None:
        handler.start(kind="text/event-stream")
        while True:
            handler.event("word " * 1000)

    server.reply = reply
    assert code_of(server) == "endpoint.too_long"


def test_an_endless_line_is_given_up(server):
    def reply(handler: Handler) -> None:
        handler.start()
        while True:
            handler.say("x" * 100_000)

    server.reply = reply
    assert code_of(server) == "endpoint.too_long"
    assert MOST_CHARACTERS < 100_000


def test_a_slow_drip_ends_in_time(server):
    def reply(handler: Handler) -> None:
        handler.start(kind="text/event-stream")
        while True:
            handler.event("a")
            time.sleep(0.05)

    server.reply = reply
    assert code_of(server, total_seconds=0.4) == "endpoint.slow"


def test_a_server_that_says_nothing_is_given_up(server):
    server.reply = lambda handler: time.sleep(LONG)
    assert code_of(server, silent_seconds=0.3) == "endpoint.slow"


def test_a_key_is_never_sent_on(server):
    other = Server()
    threading.Thread(target=other.serve_forever, daemon=True).start()
    server.reply = lambda handler: handler.start(307, Location=f"{other.url}/chat/completions")
    assert code_of(server) == "endpoint.redirected"
    assert not other.seen
    other.shutdown()
    other.server_close()


def test_a_packed_answer_is_not_unpacked(server):
    def reply(handler: Handler) -> None:
        handler.start(Content_Encoding="gzip")
        handler.say("x")

    server.reply = reply
    assert code_of(server) == "endpoint.not_understood"


def test_an_address_where_nobody_listens_is_unreachable(server):
    server.server_close()
    assert code_of(server) == "endpoint.unreachable"


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("https://api.openai.com/v1", "https://api.openai.com/v1/chat/completions"),
        (" http://localhost:11434/ ", "http://localhost:11434/v1/chat/completions"),
        ("http://[::1]:8000/v1/chat/completions", "http://[::1]:8000/v1/chat/completions"),
        ("https://h/compatible-mode/v1?x=1#y", "https://h/compatible-mode/v1/chat/completions"),
    ],
)
def test_addresses_are_completed(typed, address):
    assert completions_address(typed) == address


@pytest.mark.parametrize(
    "typed", ["", "file:///etc/passwd", "ftp://h", "localhost:80", "http://", "http://u:p@h/v1",
              "http://h:99999", "javascript:alert(1)", "http://[::1"],
)  # fmt: skip
def test_other_addresses_are_refused_without_showing_a_password(typed):
    with pytest.raises(InputError) as caught:
        completions_address(typed)
    assert caught.value.code == "endpoint.bad_address"
    assert "u:p" not in caught.value.message("en")


def test_a_key_with_signs_that_no_header_takes_is_refused_unseen(server):
    for key in ("two words", "schlüssel", "a\nb"):
        with pytest.raises(InputError) as caught:
            Endpoint(server.url, "tiny", key).ask(MESSAGES)
        assert caught.value.code == "endpoint.bad_key"
        assert key not in repr(Endpoint(server.url, "tiny", key))
    assert not server.seen
