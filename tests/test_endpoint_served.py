"""A real OpenAI-compatible server, `transformers serve`, that a tiny real model writes behind."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils.import_utils import is_serve_available

from bench.app_server import free_port
from engine.errors import ShoplabError
from engine.models.endpoint import Endpoint
from engine.serving import client
from engine.storage.workspace import Workspace
from engine.tasks.describe.answers import CopyInput
from engine.tasks.describe.brief import Brief
from engine.tasks.describe.prompts import Messages, write_prompt
from tests.doubles.describe import Writer
from tests.shop_double import said_on
from tests.test_pages_describe import FakeWriters, described, press, show
from tests.tiny_generator import tiny_generator_folder
from tests.waiting import LONG, until

pytestmark = pytest.mark.skipif(
    not is_serve_available(), reason="needs what `pip install transformers[serving]` brings"
)

PRODUCT = "P00"
ANSWER = "Rain jacket 0 by Acme, for 99 euros."


def teach(folder: Path, messages: Messages, answer: str) -> None:
    """Let a model learn one answer by heart."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder)
    asked = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    prompt = tokenizer(asked)["input_ids"]
    said = [*tokenizer(answer)["input_ids"], tokenizer.eos_token_id]
    ids = torch.tensor([prompt + said])
    labels = torch.tensor([[-100] * len(prompt) + said])
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.02)
    loss = torch.tensor(9.0)
    for _ in range(200):
        if loss < 0.02:
            break
        loss = model(input_ids=ids, labels=labels).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    model.save_pretrained(folder)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOPLAB_HOME", str(tmp_path_factory.mktemp("home")))
        workspace = described()
        patch.setattr(client, "ask", FakeWriters(workspace).ask)
        yield workspace


@pytest.fixture(scope="module")
def prompt(shop: Workspace) -> Messages:
    """What the page sends about a product."""
    return write_prompt(Writer(shop.tables()).evidence(CopyInput(PRODUCT)).shown, Brief())


@pytest.fixture(scope="module")
def endpoint(prompt: Messages, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    folder = tiny_generator_folder(tmp_path_factory.mktemp("served"), [ANSWER])
    teach(folder, prompt, ANSWER)
    port = str(free_port())
    command = [sys.executable, "-m", "transformers.cli.transformers", "serve", str(folder)]
    log = folder.with_name("server.log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", port, "--device", "cpu"],
            env=os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(folder.with_name("hub"))},
            stdout=output,
            stderr=output,
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/health", process, log)
        yield Endpoint(f"http://127.0.0.1:{port}/v1", str(folder), "sk-unused")
    finally:
        process.terminate()
        process.wait()


def wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    def answers() -> bool:
        assert process.poll() is None, log.read_text()
        try:
            with urlopen(address, timeout=LONG):
                return True
        except OSError:
            return False

    until(answers, log.read_text)


def test_its_model_writes_and_is_heard_piece_by_piece(endpoint, prompt):
    heard: list[str] = []
    assert endpoint.ask(prompt, heard.append) == ANSWER
    assert len(set(heard)) > 2
    assert all(ANSWER.startswith(text) for text in heard)


def test_its_refusal_is_told_in_its_own_words(endpoint, prompt):
    with pytest.raises(ShoplabError) as caught:
        Endpoint(endpoint.url, "another-model").ask(prompt)
    assert caught.value.code == "endpoint.failed"
    assert "another-model" in caught.value.message("en")


def test_its_text_is_checked_on_the_page(endpoint, shop):
    app = show(shop, "en", "endpoint", p=PRODUCT)
    app.text_input(key="describe_endpoint_url_field").set_value(endpoint.url)
    app.text_input(key="describe_endpoint_model_field").set_value(endpoint.model)
    said = said_on(press(app, "endpoint_write"))
    assert "✓ Acme" in said
    assert "✗ 99" in said
