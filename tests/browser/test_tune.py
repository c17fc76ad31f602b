"""The job panel in a real browser: it follows a training by itself and then falls silent."""

import os

import pytest
from playwright.sync_api import expect

from bench.app_server import AppServer
from engine.jobs.store import Store
from engine.storage.lock import take
from tests.browser.conftest import OpenTab
from tests.runs_double import make_run, make_shop


def test_the_panel_follows_a_training(
    server: AppServer, open_tab: OpenTab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOPLAB_HOME", str(server.home))
    # With the supervisor's lock taken, nobody works on the job but this test.
    lock = take(server.home / "supervisor.lock")
    assert lock is not None
    shop = make_shop("en")
    with Store() as store:
        store.add("intent-1", shop.name, "intent", "train", {"preset": "quick"}, 100.0)
        page = open_tab(f"{server.url}/tune?lang=en&w={shop.key}")
        panel = page.locator(".st-key-job_intent-1")
        expect(panel).to_contain_text("Next in line")
        job = store.claim("cpu")
        assert job is not None
        store.show(job, "train", 30, 120)
        for step in range(1, 9):
            store.record(job, "point", "loss", 2.0 / step, step)
        expect(panel).to_contain_text("Training · 30 / 120")
        expect(panel).to_contain_text("The loss fell from 2.000 to 0.250")
        expect(page.get_by_text("None yet.")).to_be_visible()
        make_run(shop, "intent", "intent-1", skill=0.95)
        store.settle(job, "done")
    expect(panel).to_contain_text("Tuning helped")
    # The rest of the page learned of the run without being touched.
    expect(page.get_by_text("None yet.")).to_have_count(0)
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    os.close(lock)
