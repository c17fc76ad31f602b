"""What Ray Serve is told of the HTTP interface; tests/test_ray.py runs it."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from engine.serving.replicas import ReplicaArguments


def test_a_replica_is_set_up_as_serve_would_be(home: Path) -> None:
    # As `serve run` passes them on.
    told = {"replicas": "3", "cpus": "2", "memory_mb": "1500", "workspaces": "mine, other"}
    arguments = ReplicaArguments.model_validate(told | {"origins": "https://shop.example"})
    assert arguments.settings.workspaces == {"mine", "other"}
    assert arguments.settings.origins == ("https://shop.example",)
    options = arguments.options
    actor = options["ray_actor_options"]
    assert (options["num_replicas"], actor["num_cpus"], actor["num_gpus"]) == (3, 2, 0)
    assert actor["memory"] == 1500 * 2**20
    environment = actor["runtime_env"]["env_vars"]
    assert environment["SHOPLAB_MODEL_MEMORY"] == "1500"
    assert environment["SHOPLAB_HOME"] == str(home)


def test_what_others_can_see_holds_no_secret(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPLAB_DATABASE_URL", "postgresql://shoplab:secret@db/shoplab")
    assert "secret" not in str(ReplicaArguments().options)


def test_every_workspace_is_served_unless_some_are_named(home: Path) -> None:
    assert ReplicaArguments().settings.workspaces is None


@pytest.mark.parametrize("told", [{"replicas": "0"}, {"replica": "2"}, {"memory_mb": "much"}])
def test_arguments_that_do_not_fit_are_refused(told: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        ReplicaArguments.model_validate(told)
