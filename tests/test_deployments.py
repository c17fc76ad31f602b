"""What a shop serves, how that came about, and the keys that open it."""

import shutil
import threading

import pytest

from engine.errors import InputError
from engine.storage.api_keys import DAY, ApiKey, ApiKeys
from engine.storage.deployments import Deployments
from engine.storage.runs import UNTUNED
from engine.storage.workspace import Workspace
from engine.training.outcome import outcome
from engine.training.promotion import promote, rollback
from tests.runs_double import make_shop, make_trained


@pytest.fixture
def shop(home) -> Workspace:
    return make_shop("en")


def code_of(call, *arguments) -> str:
    with pytest.raises(InputError) as caught:
        call(*arguments)
    assert caught.value.message("zh") != caught.value.message("en")
    return caught.value.code


def test_a_promotion_keeps_what_the_comparison_said(shop: Workspace) -> None:
    run = make_trained(shop, "intent", "one", skill=0.95)
    assert Deployments(shop).current("intent") == UNTUNED
    promote(shop, "intent", "one", "  Ada\nLovelace ")
    (change,) = Deployments(Workspace.open(shop.name)).history("intent")
    result = outcome(run)
    assert (change.action, change.run, change.replaced) == ("promote", "one", UNTUNED)
    assert (change.by, change.time > 0) == ("Ada Lovelace", True)
    shown = change.evidence
    assert shown is not None
    assert (shown.system, shown.metric) == (run.recommended, "macro_f1")
    assert shown.value == run.after["macro_f1"]
    assert (shown.baseline, shown.verdict) == (result.baseline, "better")
    assert (shown.delta, shown.low, shown.high) == (
        result.interval.delta,
        result.interval.low,
        result.interval.high,
    )
    assert Deployments(shop).history("search") == []


def test_rolling_back_goes_to_the_run_before_and_then_to_untuned(shop: Workspace) -> None:
    for name in ("one", "two"):
        make_trained(shop, "intent", name)
    for name in ("one", "two", "one"):
        promote(shop, "intent", name, "")
    served = [rollback(shop, "intent", "").run for _ in range(3)]
    assert served == ["two", "one", UNTUNED]
    assert code_of(rollback, shop, "intent", "") == "deployment.nothing_before"
    promote(shop, "intent", "two", "")
    assert rollback(shop, "intent", "Bob").run == UNTUNED
    history = Deployments(shop).history("intent")
    assert len(history) == 8
    assert (history[0].by, history[0].replaced, history[0].evidence) == ("Bob", "two", None)


def test_a_roll_back_passes_over_runs_that_are_gone(shop: Workspace) -> None:
    for name in ("one", "two", "three"):
        make_trained(shop, "intent", name)
        promote(shop, "intent", name, "")
    shutil.rmtree(shop.folder / "runs" / "two")
    assert rollback(shop, "intent", "").run == "one"
    assert Deployments(shop).current("intent") == "one"
    shutil.rmtree(shop.folder / "runs" / "one")
    assert Deployments(shop).current("intent") == "one"  # it is not replaced in silence
    assert not Deployments(shop).serves("one")
    assert rollback(shop, "intent", "").run == UNTUNED


def test_what_may_not_be_promoted(shop: Workspace) -> None:
    make_trained(shop, "search", "other")
    for name in ("one", "untested", "gone"):
        make_trained(shop, "intent", name)
    (shop.folder / "runs" / "untested" / "heldout.parquet").unlink()
    (shop.folder / "runs" / "gone" / "bundle").rmdir()
    promote(shop, "intent", "one", "")
    assert code_of(promote, shop, "no task", "one", "") == "tasks.unknown"
    assert code_of(promote, shop, "intent", "none", "") == "workspace.unknown_run"
    assert code_of(promote, shop, "intent", "../one", "") == "workspace.unknown_run"
    assert code_of(promote, shop, "intent", UNTUNED, "") == "workspace.unknown_run"
    assert code_of(promote, shop, "intent", "other", "") == "tasks.other_run"
    assert code_of(promote, shop, "intent", "untested", "") == "deployment.no_comparison"
    assert code_of(promote, shop, "intent", "gone", "") == "deployment.no_model"
    assert code_of(promote, shop, "intent", "one", "") == "deployment.already"
    assert len(Deployments(shop).history("intent")) == 1


def test_a_run_without_intervals_cannot_be_promoted(shop: Workspace) -> None:
    make_trained(shop, "intent", "old", paired={})
    assert code_of(promote, shop, "intent", "old", "") == "deployment.no_comparison"


def test_half_a_line_of_the_log_is_no_deployment(shop: Workspace) -> None:
    make_trained(shop, "intent", "one")
    promote(shop, "intent", "one", "")
    with (shop.folder / "deployments.jsonl").open("a") as log:
        log.write('{"task": "intent", "action": "rollb')
    assert Deployments(shop).current("intent") == "one"
    rollback(shop, "intent", "")
    assert [change.run for change in Deployments(shop).history("intent")] == [UNTUNED, "one"]


def test_many_promotions_at_once_lose_none(shop: Workspace) -> None:
    names = [f"run{n}" for n in range(6)]
    for name in names:
        make_trained(shop, "intent", name)
    threads = [threading.Thread(target=promote, args=(shop, "intent", n, "")) for n in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    history = Deployments(shop).history("intent")
    assert sorted(change.run for change in history) == names
    assert [change.replaced for change in history] == [c.run for c in history[1:]] + [UNTUNED]


def test_a_key_is_kept_as_a_hash_and_opens_until_it_is_revoked(shop: Workspace) -> None:
    with ApiKeys(shop) as keys:
        key, text = keys.create(" my\tapp ")
        assert (key.name, key.scope, key.expires, key.used) == ("my app", "shop", None, None)
        found = keys.find(text)
        assert found is not None and found.id == key.id
        assert [one.used is not None for one in keys.list()] == [True]
        with ApiKeys(Workspace.open(shop.name)) as others:
            assert others.revoke(key.id).revoked
        assert keys.find(text) is None
        first = keys.list()[0].revoked
        assert keys.revoke(key.id).revoked == first
        assert code_of(keys.revoke, "none") == "api_keys.unknown"
    secret = text.rpartition(key.id)[2].encode()
    files = [file for file in shop.folder.rglob("*") if file.is_file()]
    assert files and not [file for file in files if secret in file.read_bytes()]


def test_only_the_whole_text_of_a_key_opens(shop: Workspace) -> None:
    with ApiKeys(shop) as keys, ApiKeys(make_shop("en")) as others:
        key, text = keys.create()
        _, other = keys.create()
        for wrong in ("", key.id, text[:-1], text + "x", text.lower(), "\ud800", text.swapcase()):
            assert keys.find(wrong) is None, wrong
        swapped = text[: len("shoplab_") + len(key.id)] + other[len("shoplab_") + len(key.id) :]
        assert swapped.startswith(f"shoplab_{key.id}_") and keys.find(swapped) is None
        assert others.find(text) is None
        assert text != other


def test_a_key_expires() -> None:
    key = ApiKey("1", "", "storefront", created=0.0, expires=DAY)
    assert key.is_valid(DAY - 1) and not key.is_valid(DAY)
