"""What pages ask the model process about pictures: the only door to an image encoder."""

import base64
import json
from collections.abc import Mapping
from threading import Lock

import numpy as np
from cachetools import LRUCache, cached
from numpy.typing import NDArray

from engine.errors import InputError
from engine.images.answers import Doubt, ImageAnswer, ImageModel, ImageQuery, ReadProgress
from engine.images.decode import open_picture
from engine.images.image_encoder import ImageEncoder, load_image_encoder, read_all
from engine.images.image_search import PictureSearch
from engine.images.image_store import Pictures, palettes
from engine.images.image_vectors import PictureVectors, read_vectors, write_vectors
from engine.images.mismatch import category_doubts, colour_doubts, title_doubts
from engine.progress import Progress
from engine.storage.workspace import Workspace

CHUNK = 128  # some seconds of work, so that other people's questions get in between


def answer(
    workspace: Workspace, question: ImageModel | ImageQuery, verb: str, progress: Progress
) -> ReadProgress | ImageAnswer | list[Doubt]:
    """The answer to one question of `engine.images.answers`.

    `search` and `doubts` answer from the pictures that the model has read. Raises InputError for a
    bad picture or model, and where nothing has been read yet.
    """
    encoder = _open_encoder(question.model, progress)
    pictures = Pictures(workspace.folder)
    if verb == "read":
        read, left = read_new(pictures, encoder, question.model, progress)
        return ReadProgress(read, left, list(encoder.languages))
    vectors = read_vectors(pictures, question.model)
    if vectors is None:
        raise InputError("images.nothing_read")
    if isinstance(question, ImageQuery):
        return _search(pictures, encoder, vectors, question)
    return _doubts(workspace, pictures, encoder, vectors)


def read_new(
    pictures: Pictures, encoder: ImageEncoder, model_id: str, progress: Progress
) -> tuple[int, int]:
    """Read up to `CHUNK` pictures that are new and keep their vectors; forget those that are gone.

    Gives how many pictures are read by now, and how many are left.
    """
    names = list(dict.fromkeys(pictures.table()["picture"]))
    kept = read_vectors(pictures, model_id)
    known: dict[str, tuple[NDArray[np.float32], str]] = {}
    if kept is not None and kept.fingerprint == encoder.fingerprint:
        known = dict(zip(kept.pictures, zip(kept.matrix, kept.tags, strict=True), strict=True))
    missing = [name for name in names if name not in known and pictures.file(name).is_file()]
    if missing or not known.keys() <= set(names):
        for name, vector, tags in read_all(encoder, missing[:CHUNK], pictures.open, progress):
            known[name] = (vector, json.dumps(tags))
        rows = {name: known[name] for name in names if name in known}
        write_vectors(pictures, model_id, _stacked(rows, encoder.fingerprint))
    return len(names) - len(missing[CHUNK:]), len(missing[CHUNK:])


def _stacked(
    rows: Mapping[str, tuple[NDArray[np.float32], str]], fingerprint: str
) -> PictureVectors:
    vectors = [vector for vector, _ in rows.values()]
    matrix = np.stack(vectors) if vectors else np.empty((0, 1), dtype=np.float32)
    return PictureVectors(list(rows), matrix, [tags for _, tags in rows.values()], fingerprint)


def _search(
    pictures: Pictures, encoder: ImageEncoder, vectors: PictureVectors, query: ImageQuery
) -> ImageAnswer:
    search = PictureSearch(vectors, pictures.table())
    if query.text:
        if not encoder.languages:
            raise InputError("images.reads_no_texts")
        return ImageAnswer(search.like_text(encoder, query.text, query.k))
    image = open_picture(base64.b64decode(query.picture), query.name)
    return ImageAnswer(*search.like_picture(encoder, image, query.k))


def _doubts(
    workspace: Workspace, pictures: Pictures, encoder: ImageEncoder, found: PictureVectors
) -> list[Doubt]:
    products, table = workspace.tables().products, pictures.table()
    vectors = dict(zip(found.pictures, found.matrix, strict=True))
    doubts = colour_doubts(products, table, palettes(table))
    doubts += category_doubts(products, table, vectors)
    if workspace.language in encoder.languages:
        shown = products[products["product_id"].isin(table["product_id"])]
        titles = encoder.read_texts(shown["title"].tolist()) if len(shown) else ()
        by_product = dict(zip(shown["product_id"], titles, strict=True))
        doubts += title_doubts(products, table, vectors, by_product)
    return doubts


@cached(LRUCache(2), key=lambda model_id, progress: model_id, lock=Lock())
def _open_encoder(model_id: str, progress: Progress) -> ImageEncoder:
    return load_image_encoder(model_id, progress)
