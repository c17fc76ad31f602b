"""A catalog encoded over a Ray cluster, with Ray Data; needs ray."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.jobs.runner import let_people_go_first
from engine.models.encoder import load_encoder
from engine.models.quickening import quicken
from engine.progress import Progress
from engine.retrieval.vector_parts import PART, split, write_part
from engine.tasks.search.catalog_vectors import CatalogVectors


class PartWriter:
    """One of the processes that encode: writes the texts it is given as a part each time."""

    def __init__(self, encoder: str, max_tokens: int, parts: str) -> None:
        let_people_go_first()
        self._encoder = load_encoder(Path(encoder), max_tokens)
        self._parts = Path(parts)

    def __call__(self, batch: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[np.int64]]:
        """Encode `text` of a batch; how many `texts` they were."""
        texts = [str(text) for text in batch["text"]]
        quicken(self._encoder, texts)
        write_part(self._parts, texts, self._encoder.encode)
        return {"texts": np.array([len(texts)])}


@dataclass(frozen=True)
class RayEncoding:
    """Encodes with up to `actors` processes of the cluster that this process is a job of.

    Each takes so many `cpus` and `gpus`. Where one dies, or its machine, Ray gives its texts to
    another.
    """

    vectors: CatalogVectors
    actors: int
    cpus: int
    gpus: int

    def __call__(self, parts: Path, texts: Sequence[str], progress: Progress) -> None:
        """Write the parts of `texts` to a folder that all machines see. Raises Cancelled."""
        import ray
        from ray.data import ActorPoolStrategy, DataContext

        ray.init(log_to_driver=False)
        DataContext.get_current().enable_progress_bars = False
        encoded = ray.data.from_pandas([pd.DataFrame({"text": part}) for part in split(texts)])
        encoded = encoded.map_batches(
            PartWriter,
            fn_constructor_args=(
                str(self.vectors.encoder),
                self.vectors.max_tokens,
                str(parts),
            ),
            batch_size=PART,
            # One part at a time, so that none waits for one actor while another has nothing to do.
            compute=ActorPoolStrategy(
                min_size=1,
                initial_size=self.actors,
                max_size=self.actors,
                max_tasks_in_flight_per_actor=1,
            ),
            num_cpus=self.cpus,
            num_gpus=self.gpus,
        )
        done = 0
        progress.stage("encode", done, len(texts))
        for batch in encoded.iter_batches(batch_size=None):
            progress.check()
            done += int(batch["texts"].sum())
            progress.stage("encode", done, len(texts))
