"""The pictures of a shop on disk, and the ZIP files they come in."""

import io
import json
import threading
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from engine.errors import InputError, ShoplabError
from engine.images import archive, image_store
from engine.images.archive import product_of, read_archive
from engine.images.image_store import Brought, Drawn, Pictures, missing_links, palettes
from tests.pictures import encoded, product

RED, BLUE = encoded(product("red")), encoded(product("blue", "disc"))


@pytest.fixture
def pictures(tmp_path: Path) -> Pictures:
    return Pictures(tmp_path)


def test_a_picture_becomes_a_small_copy_of_its_pixels(pictures: Pictures) -> None:
    large = encoded(product("red", size=2000), "JPEG", comment=b"a secret")
    added = pictures.add([Brought("P1", "mine.jpg", large)])
    assert (added.new, added.known, added.refused) == (1, 0, [])
    (row,) = pictures.table().to_dict("records")
    assert (row["product_id"], row["source"], row["ground"]) == ("P1", "mine.jpg", "plain")
    (colour,) = json.loads(row["colours"])
    assert colour[0] == "red"
    assert pictures.open(row["picture"]).size == (384, 384)
    files = [path for path in pictures.folder.rglob("*") if path.is_file()]
    assert not any(b"secret" in path.read_bytes() for path in files)
    assert pictures.size() < len(large)


def test_the_same_picture_is_kept_once_and_may_show_several_products(pictures: Pictures) -> None:
    brought = [
        Brought("P1", "a.png", RED),
        Brought("P1", "b.png", RED),
        Brought("P2", "c.png", RED),
    ]
    added = pictures.add(brought)
    assert (added.new, added.known) == (2, 1)
    assert pictures.add(brought).new == 0
    assert len(list((pictures.folder / "files").iterdir())) == 1
    assert pictures.table()["product_id"].tolist() == ["P1", "P2"]


def test_bad_ones_are_told_and_the_others_stay(pictures: Pictures) -> None:
    why = ShoplabError("images.no_answer", host="x")
    added = pictures.add(
        [
            Brought("P1", "bad.png", RED[:90]),
            Brought("P2", "http://x/", why),
            Brought("P3", "c", RED),
        ]
    )
    assert [(source, error.code) for source, error in added.refused] == [
        ("bad.png", "images.broken"), ("http://x/", "images.no_answer"),
    ]  # fmt: skip
    assert pictures.table()["product_id"].tolist() == ["P3"]


def test_what_was_taken_before_a_stop_stays(pictures: Pictures) -> None:
    def stopped():
        yield Brought("P1", "a.png", RED)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pictures.add(stopped())
    assert pictures.table()["product_id"].tolist() == ["P1"]


def test_the_number_of_pictures_is_limited(pictures: Pictures, monkeypatch) -> None:
    monkeypatch.setattr(image_store, "MOST_PICTURES", 1)
    with pytest.raises(InputError) as caught:
        pictures.add([Brought("P1", "a.png", RED), Brought("P2", "b.png", BLUE)])
    assert caught.value.code == "images.too_many_pictures"
    assert len(pictures.table()) == 1


def test_two_who_add_at_once_lose_nothing(pictures: Pictures) -> None:
    def add(name: str) -> None:
        for n in range(4):
            pictures.add([Brought(f"{name}{n}", "x", RED)])

    threads = [threading.Thread(target=add, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(pictures.table()) == 8


def test_removing_and_clearing(pictures: Pictures) -> None:
    pictures.add([Brought("P1", "a", RED), Brought("P2", "b", BLUE)])
    first = pictures.table()["picture"].iloc[0]
    pictures.remove(first)
    assert pictures.table()["product_id"].tolist() == ["P2"]
    assert not pictures.file(first).exists()
    pictures.clear()
    assert pictures.table().empty and pictures.size() == 0


def test_palettes_come_back_as_they_were_found(pictures: Pictures) -> None:
    pictures.add([Brought("P1", "a", RED)])
    ((name, palette),) = palettes(pictures.table()).items()
    assert name == pictures.table()["picture"].iloc[0]
    assert [colour.name for colour in palette.colours] == ["red"]


def test_links_are_missing_until_they_are_fetched(pictures: Pictures) -> None:
    links = ["http://x/1", "http://x/1", None, "http://x/2"]
    products = pd.DataFrame({"product_id": list("abcd"), "image": pd.array(links, dtype="str")})
    assert missing_links(products, pictures.table()) == {
        "http://x/1": ["a", "b"],
        "http://x/2": ["d"],
    }
    pictures.add([Brought("a", "http://x/1", RED), Brought("d", "http://x/2", BLUE)])
    assert missing_links(products, pictures.table()) == {"http://x/1": ["b"]}


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as writing:
        for name, content in files.items():
            writing.writestr(name, content)
    buffer.seek(0)
    return buffer


def read(
    file: io.BytesIO, ids: tuple[str, ...] = ("P1", "P2", "a-1", "商品1")
) -> dict[str, object]:
    return {
        one.source: one.product_id if isinstance(one.content, bytes) else one.content.code
        for one in read_archive(file, "my.zip", ids)
    }


def test_names_in_a_zip_say_the_product() -> None:
    files = dict.fromkeys(
        ["P1.png", "p2_2.PNG", "deep/er/P1 (3).jpg", "P2/front.jpg", "a-1.png", "a-1-2.png",
         "商品1.png", "other.png", "__MACOSX/P1.png", ".DS_Store", "P2/"],
        RED,
    )  # fmt: skip
    assert read(zipped(files)) == {
        "P1.png": "P1", "p2_2.PNG": "P2", "deep/er/P1 (3).jpg": "P1", "P2/front.jpg": "P2",
        "a-1.png": "a-1", "a-1-2.png": "a-1", "商品1.png": "商品1",
        "other.png": "images.unknown_product",
    }  # fmt: skip


def test_names_that_chinese_windows_wrote_are_read() -> None:
    file = zipped({"AAAA1.png": RED})
    written = file.getvalue().replace(b"AAAA1", "商品1".encode("gb18030"))
    assert read(io.BytesIO(written)) == {"商品1.png": "商品1"}


@pytest.mark.parametrize("path", ["../../P1.png", "/etc/P1.png", "..\\..\\P1.png", "C:\\x\\P1.png"])
def test_a_path_that_leads_out_writes_nothing_outside(pictures, tmp_path, path) -> None:
    pictures.add(read_archive(zipped({path: RED}), "my.zip", ["P1"]))
    assert pictures.table()["product_id"].tolist() == ["P1"]
    outside = [f for f in tmp_path.parent.rglob("P1*") if f.is_file()]
    assert outside == []


def test_a_product_id_that_looks_like_a_path_is_only_a_name() -> None:
    assert product_of("../../etc/passwd", {"p1": "P1"}) is None
    assert product_of("..", {"p1": "P1"}) is None
    assert product_of("", {"p1": "P1"}) is None


def test_a_bomb_in_a_zip_is_never_unpacked_whole() -> None:
    assert read(zipped({"P1.png": bytes(50_000_000), "P2.png": RED})) == {
        "P1.png": "P1", "P2.png": "P2",
    }  # fmt: skip
    sizes = [
        len(one.content) for one in read_archive(zipped({"P1.png": bytes(50_000_000)}), "z", ["P1"])
    ]
    assert sizes == [archive.MOST_BYTES + 1]  # which `open_picture` refuses as too large


def test_a_zip_that_unpacks_to_too_much_is_refused(monkeypatch) -> None:
    monkeypatch.setattr(archive, "MOST_UNPACKED", 1_000_000)
    with pytest.raises(InputError, match="1 MB"):
        read(zipped({f"P{n}.png": bytes(300_000) for n in range(5)}))
    lying = zipped({f"P{n}.png": bytes(300_000) for n in range(5)}).getvalue()
    lying = lying.replace((300_000).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    # What the header hides shows when it is read: no member gives more than it declares.
    assert set(read(io.BytesIO(lying), ("P0", "P1", "P2", "P3", "P4")).values()) == {
        "images.broken"
    }


def test_too_many_files_a_password_and_no_zip_are_refused(monkeypatch) -> None:
    locked = zipped({"P1.png": RED}).getvalue()
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = locked.index(signature) + place
        locked = locked[:at] + b"\x01" + locked[at + 1 :]
    for content, code in ((locked, "encrypted"), (RED, "no_archive"), (b"", "no_archive")):
        with pytest.raises(InputError) as caught:
            read(io.BytesIO(content))
        assert caught.value.code == f"images.{code}"
    monkeypatch.setattr(archive, "MOST_FILES", 1)
    with pytest.raises(InputError) as caught:
        read(zipped({"P1.png": RED, "P2.png": RED}))
    assert caught.value.code == "images.too_many_files"


def test_a_damaged_member_does_not_stop_the_others() -> None:
    file = zipped({"P1.png": RED, "P2.png": BLUE}).getvalue()
    at = file.index(b"P1.png") + 40
    assert read(io.BytesIO(file[:at] + b"\xff\xff\xff" + file[at + 3 :])) == {
        "P1.png": "images.broken", "P2.png": "P2",
    }  # fmt: skip


def test_drawn_pictures_are_shared_by_links_and_taken_back(tmp_path: Path) -> None:
    drawn = Pictures(tmp_path / "machine")
    drawn.draw([Drawn(product("red"), ["P1", "P2"], "sample-en")])
    shop = Pictures(tmp_path / "shop")
    shop.add([Brought("P2", "mine.png", BLUE)])
    shop.share(drawn)
    shown = dict(zip(shop.table()["product_id"], shop.table()["source"], strict=True))
    assert shown == {"P2": "mine.png", "P1": "sample-en"}
    (name,) = drawn.table()["picture"].unique()
    assert shop.file(name).stat().st_ino == drawn.file(name).stat().st_ino
    shop.drop_sources({"sample-en"})
    assert shop.table()["source"].tolist() == ["mine.png"]
    assert not shop.file(name).exists()
    assert drawn.file(name).is_file()
