"""A closer look at the best products: a cross-encoder reads query and product together."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sentence_transformers import CrossEncoder

from engine.errors import InputError
from engine.models.making import MAKING
from engine.models.pretrained import locate
from engine.models.sharing import guard_tokenizer, share_weights
from engine.progress import Progress, Silent
from engine.ranking import Ranking

READ = 30


class Reranker:
    """A pretrained cross-encoder, by hub id or folder.

    Only one that was trained to rank helps: a plain language model with a fresh head ranks worse
    than BM25, and a shop's few clicks do not teach it. Raises InputError for what is no
    cross-encoder, and what `locate` raises.
    """

    def __init__(
        self, model_id: str, max_tokens: int = 128, progress: Progress | None = None
    ) -> None:
        self.model_id = model_id
        folder = locate(model_id, progress or Silent())
        try:
            with MAKING:
                self.model = CrossEncoder(
                    str(folder),
                    num_labels=1,
                    max_length=max_tokens,
                    local_files_only=True,
                    trust_remote_code=False,
                    model_kwargs={"use_safetensors": True},
                )
        except (OSError, ValueError, RuntimeError) as error:
            raise InputError("search.bad_reranker", model=model_id, why=str(error)) from error
        share_weights(self.model)
        guard_tokenizer(self.model.tokenizer)

    def rerank(self, query: str, ranking: Ranking, texts: Mapping[str, str]) -> Ranking:
        """The first 30 of `ranking` in the cross-encoder's order, the others after them."""
        head = list(ranking.product_ids[:READ])
        if not head:
            return ranking
        scores = self.scores(query, [texts[name] for name in head])
        order = sorted(range(len(head)), key=lambda row: -scores[row])
        ids = [head[row] for row in order] + list(ranking.product_ids[READ:])
        return Ranking(ids, [1 / (place + 1) for place in range(len(ids))])

    def scores(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """How well each of `texts` answers the query, shape `(len(texts),)`; on no scale."""
        found = self.model.predict([(query, text) for text in texts], show_progress_bar=False)
        return np.asarray(found, dtype=np.float32)


def is_cross_encoder(folder: Path) -> bool:
    """Whether a model reads two texts together: of an encoder, only a fresh head would be made."""
    about = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return any("ForSequenceClassification" in name for name in about.get("architectures") or ())
