"""What the job of kind `encode` does: every product as a vector of a search model."""

from collections.abc import Sequence
from pathlib import Path

from engine.jobs.job import Job
from engine.jobs.journal import on_cluster
from engine.jobs.ray_encoding import RayEncoding
from engine.models.quickening import quicken
from engine.progress import Progress
from engine.retrieval.vector_parts import PART, MakeParts, complete_vectors, split, write_part
from engine.storage.runs import UNTUNED, run_folder
from engine.storage.workspace import Workspace
from engine.tasks.search.catalog_vectors import CatalogVectors, tuned_vectors, untuned_vectors
from engine.tasks.search.task import TASK


def encode_catalog(workspace: Workspace, job: Job, progress: Progress) -> int:
    """Make the vectors that are missing, by many processes on a cluster; how many they were.

    They are kept where the bundles of the model look for them. Raises what `locate` raises, and
    Cancelled; what was encoded until then is kept.
    """
    tables, run_id = workspace.tables(), str(job.config["run"])
    progress.stage("load")
    if run_id == UNTUNED:
        vectors = untuned_vectors(tables, TASK.config("quick", tables), progress)
    else:
        vectors = tuned_vectors(run_folder(workspace, run_id) / "bundle", tables)
    make = _here(vectors)
    if on_cluster():
        make = RayEncoding(vectors, job.config["actors"], job.config["cpus"], job.config["gpus"])
    return complete_vectors(vectors.folder, vectors.texts, make, progress)


def _here(vectors: CatalogVectors) -> MakeParts:
    def make(parts: Path, texts: Sequence[str], progress: Progress) -> None:
        encoder = vectors.open_encoder()
        quicken(encoder, texts)
        for done, part in enumerate(split(texts)):
            progress.check()
            progress.stage("encode", done * PART, len(texts))
            write_part(parts, part, encoder.encode)

    return make
