"""Copies of workspaces: quick, nearly free, and apart from each other; frozen ones; archives."""

import json
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from engine import jobs
from engine.errors import InputError
from engine.host.backup import restore
from engine.jobs.store import Store
from engine.jobs.supervisor import Supervisor
from engine.storage.api_keys import ApiKeys
from engine.storage.archive import write_archive
from engine.storage.copies import copy_workspace, hand_out
from engine.storage.feedback import Feedback, Shown
from engine.storage.freeze import freeze, thaw
from engine.storage.runs import list_runs, load_run
from engine.storage.workspace import Workspace
from tests.runs_double import make_trained
from tests.shop_double import small_shop

LIST = Shown("L1", "v", "", "", "p", "a", {"a": 1.0}, {}, ["P00"])


@pytest.fixture
def prepared(home: Path) -> Workspace:
    """A shop with a run, a correction, feedback, an index and a picture."""
    shop = small_shop()
    run = make_trained(shop, "search", "search-1")
    (shop.folder / "runs" / run.run_id / "bundle" / "model.safetensors").write_bytes(b"w" * 2**20)
    for path in ("index/e5/vectors.faiss", "pictures/ab.webp", "uploads/mine.csv"):
        (shop.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (shop.folder / path).write_bytes(path.encode())
    shop.correct("intent", {"mug": {"intent": "deal"}})
    with Feedback(shop) as feedback:
        feedback.show(LIST)
    with ApiKeys(shop) as keys:
        keys.create("till")
    return Workspace.open(shop.name)


def inodes(workspace: Workspace) -> dict[str, int]:
    files = (file for file in workspace.folder.rglob("*") if file.is_file())
    return {str(file.relative_to(workspace.folder)): file.stat().st_ino for file in files}


def test_a_copy_shares_what_never_changes_and_copies_the_rest(prepared: Workspace) -> None:
    copy = copy_workspace(prepared, title="Team 1", workshop="w1")
    before, after = inodes(prepared), inodes(copy)
    shared = {path for path in after if before.get(path) == after[path]}
    tops = {path.split("/")[0] for path in shared}
    assert tops == {"generations", "runs", "index", "pictures"}
    assert {"corrections.jsonl", "feedback.sqlite", "generations.json"} <= set(after) - shared
    assert not {"uploads/mine.csv", "api_keys.sqlite"} & set(after)
    assert (copy.title, copy.workshop, copy.language) == ("Team 1", "w1", prepared.language)
    assert copy.key != prepared.key
    assert copy.tables().fingerprint == prepared.tables().fingerprint
    assert load_run(copy, "search-1").run_id == "search-1"
    # Of what was copied, hardly anything takes disk.
    own = sum((copy.folder / path).stat().st_size for path in set(after) - shared)
    assert own < 100_000


def test_what_one_copy_changes_shows_in_no_other(prepared: Workspace) -> None:
    one, other = (copy_workspace(prepared, title=name, workshop="w1") for name in "ab")
    whole = prepared.tables().fingerprint
    one.correct("intent", {"teapot": {"intent": "deal"}})
    one.replace_tables({"products": one.tables().products.head(3)}, {})
    with Feedback(one) as feedback:
        feedback.record("L1", "P00", "like")
    for workspace in (other, prepared):
        assert workspace.tables().fingerprint == whole
        with Feedback(workspace) as feedback:
            assert feedback.events().empty
    one.undo_load()
    assert len(one.tables().products) == 24


def test_a_prepared_state_reaches_a_team_and_leaves_its_own_runs(prepared: Workspace) -> None:
    team = copy_workspace(prepared, title="Team 1", workshop="w1")
    make_trained(team, "intent", "intent-own")
    make_trained(prepared, "search", "search-2")
    prepared.replace_tables({"products": prepared.tables().products.head(5)}, {})
    freeze(team.folder)
    hand_out(prepared, team)
    assert {run.run_id for run in list_runs(team)} == {"search-1", "search-2", "intent-own"}
    assert len(team.tables().products) == 5
    thaw(team.folder)
    team.undo_load()
    assert len(team.tables().products) == 24


def test_a_frozen_workspace_is_read_and_not_changed(
    prepared: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.jobs.queue.ensure_supervisor", lambda: None)
    freeze(prepared.folder)
    assert len(prepared.tables().products) == 24
    for change in (
        lambda: prepared.correct("intent", {"x": {"intent": "deal"}}),
        lambda: prepared.replace_tables({"products": pd.DataFrame()}, {}),
        lambda: jobs.submit(prepared.name, "search", {}),
    ):
        with pytest.raises(InputError) as refused:
            change()
        assert refused.value.code == "workspace.frozen"
    thaw(prepared.folder)
    prepared.correct("intent", {"x": {"intent": "deal"}})


def test_an_archive_holds_a_shared_file_once_and_comes_back(
    prepared: Workspace, tmp_path: Path
) -> None:
    teams = [copy_workspace(prepared, title=name, workshop="w1") for name in "ab"]
    path = f"workspaces/{teams[0].name}/workshop.json"
    write_archive(tmp_path / "all.zip", teams, {path: "{}"})
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        names = archive.namelist()
        links = json.loads(archive.read("manifest.json"))["links"]
    assert sum(name.endswith("model.safetensors") for name in names) == 1
    assert len(links) == 1
    assert path in names
    marks = [team.tables_mark() for team in teams]
    for team in teams:
        team.delete()
    restore(tmp_path / "all.zip")
    again = [Workspace.open(team.name) for team in teams]
    assert [team.tables_mark() for team in again] == marks
    models = [team.folder / "runs/search-1/bundle/model.safetensors" for team in again]
    assert models[0].samefile(models[1])


class Idle:
    """Devices that never finish what they were given."""

    devices = ("cpu", "gpu")

    def start(self, job: jobs.Job) -> None: ...
    def reap(self, running: object) -> None: ...
    def fate(self, job: jobs.Job) -> None: ...


def test_teams_take_turns_and_train_the_same_once(
    prepared: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.jobs.queue.ensure_supervisor", lambda: None)
    one, two, other = (copy_workspace(prepared, title=name, workshop="w1") for name in "abc")
    stranger = copy_workspace(prepared, title="elsewhere", workshop="w2")
    same = {"preset": "quick", "seed": 1}
    ids = {team.name: jobs.submit(team.name, "search", same, owner="x") for team in (one, two)}
    more = jobs.submit(one.name, "search", {"preset": "quick", "seed": 2}, owner="x")
    different = jobs.submit(other.name, "search", {"preset": "quick", "seed": 3}, owner="x")
    far = jobs.submit(stranger.name, "search", same, owner="x")
    # One address, and yet each team is an owner of its own.
    assert {jobs.get_job(job_id).owner for job_id in ids.values()} == {
        f"team {one.name}",
        f"team {two.name}",
    }
    with Store() as store:
        supervisor = Supervisor(store, Idle())  # type: ignore[arg-type]
        supervisor.tick()
        running = {job.job_id for job in store.in_state("running")}
        # The twin of what runs waits, and another team's goes first.
        assert running == {ids[one.name], different}
        place = jobs.find_place(jobs.get_job(ids[two.name]))
        assert place.ahead == 1
        fingerprint = one.tables().fingerprint
        finished = make_trained(one, "search", ids[one.name])
        record = one.folder / "runs" / finished.run_id / "run.json"
        record.write_text(json.dumps(finished.as_json() | {"data_fingerprint": fingerprint}))
        store.settle(jobs.get_job(ids[one.name]), "done")
        supervisor.tick()
        assert jobs.get_job(ids[two.name]).state == "done"
        shared = load_run(two, ids[two.name])
        assert shared.shared == ids[one.name]
        assert "workspace.shared_run" in shared.notes
        assert load_run(one, ids[one.name]).shared == ""
        assert jobs.get_job(more).state in ("queued", "running")
        # Another workshop learns nothing of it, nor does a team whose data differ.
        assert jobs.get_job(far).state in ("queued", "running")
        other.correct("intent", {"teapot": {"intent": "deal"}})
        late = jobs.submit(other.name, "search", same)
        supervisor.tick()
        assert jobs.get_job(late).state == "queued"
