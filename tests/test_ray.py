"""What needs Ray itself: a catalog encoded by its processes, and the application of Ray Serve."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.jobs.ray_encoding import RayEncoding
from engine.models.encoder import load_encoder
from engine.progress import Silent
from engine.retrieval.dense import hash_text, read_vectors
from engine.retrieval.vector_parts import complete_vectors
from engine.serving.replicas import ReplicaArguments, app
from engine.settings import PROJECT
from engine.tasks.search.catalog_vectors import CatalogVectors

ray = pytest.importorskip("ray", reason="Ray is only in requirements-scale.txt")
TEXTS = [f"red mug {number}" for number in range(20)]


@pytest.fixture
def cluster(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A cluster of one node, as small as it may be."""
    from ray.cluster_utils import Cluster

    for variable, value in (
        ("PYTHONPATH", str(PROJECT)),
        ("RAY_USAGE_STATS_ENABLED", "0"),
    ):
        monkeypatch.setenv(variable, value)
    small = {"num_cpus": 1, "object_store_memory": 80 * 2**20, "include_dashboard": False}
    started = Cluster(initialize_head=True, head_node_args=small)
    monkeypatch.setenv("RAY_ADDRESS", started.address)
    yield
    ray.shutdown()
    started.shutdown()


def test_processes_of_the_cluster_encode_a_catalog(
    cluster: None, home: Path, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.retrieval.vector_parts.PART", 8)
    vectors = CatalogVectors(Path(model), 64, home / "vectors", TEXTS)
    make = RayEncoding(vectors, actors=2, cpus=1, gpus=0)
    assert complete_vectors(vectors.folder, TEXTS, make, Silent()) == len(TEXTS)
    stored = read_vectors(vectors.folder)
    for text, expected in zip(TEXTS, load_encoder(Path(model), 64).encode(TEXTS), strict=True):
        assert stored[hash_text(text)] == pytest.approx(expected, abs=1e-3)


def test_ray_serve_takes_the_application(home: Path) -> None:
    from ray import serve

    assert isinstance(app(ReplicaArguments(replicas=3)), serve.Application)
