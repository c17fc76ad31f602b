"""A ZIP of pictures whose names say the product: read in memory, under limits, never unpacked."""

import os
import re
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath
from typing import IO

from engine.errors import InputError
from engine.images.decode import MOST_BYTES
from engine.images.image_store import Brought

MOST_FILES = 5_000
MOST_UNPACKED = 2_000_000_000
# Twice what `MOST_FILES` with long names take; a member of it takes ten times its bytes in memory.
MOST_DIRECTORY_BYTES = 2_000_000
_END_BYTES, _COMMENT_BYTES = 22, 65_535
_NUMBERED = re.compile(r"(?<![-_ (])[-_ (]+\d{1,3}\)?$")
_LEFT_BY_SYSTEMS = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")
_UTF_8 = 0x800
_ENCRYPTED = 0x1
# What zipfile and its decompressors raise for damaged or unsupported members.
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    UnicodeError,
)


def read_archive(file: IO[bytes], name: str, product_ids: Collection[str]) -> Iterator[Brought]:
    """The pictures of a ZIP, each for the product that `product_of` finds in its name.

    `name` is what the user calls the ZIP. A member that fits no product, is too large or damaged
    comes with its error. Raises InputError for what is no ZIP, is encrypted, or holds too much.
    """
    if _directory_bytes(file) > MOST_DIRECTORY_BYTES:
        raise InputError("images.too_many_files", name=name, most=f"{MOST_FILES:,}")
    try:
        archive = zipfile.ZipFile(file)
    except _DAMAGED as error:
        raise InputError("images.no_archive", name=name) from error
    with archive:
        members = [member for member in archive.infolist() if _is_wanted(member)]
        if len(members) > MOST_FILES:
            raise InputError("images.too_many_files", name=name, most=f"{MOST_FILES:,}")
        if any(member.flag_bits & _ENCRYPTED for member in members):
            raise InputError("images.encrypted", name=name)
        # A header may lie about sizes, so what is really read is counted below as well.
        if sum(member.file_size for member in members) > MOST_UNPACKED:
            raise _too_much(name)
        known = {product_id.casefold(): product_id for product_id in product_ids}
        left = MOST_UNPACKED
        for member in members:
            one = _read(archive, member, known)
            left -= len(one.content) if isinstance(one.content, bytes) else 0
            if left < 0:
                raise _too_much(name)
            yield one


def _directory_bytes(file: IO[bytes]) -> int:
    """How long a ZIP says that its list of members is, which zipfile reads as a whole; else 0."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - _END_BYTES - _COMMENT_BYTES, 0))
    end = file.read()
    file.seek(0)
    place = end.rfind(b"PK\x05\x06")
    return int.from_bytes(end[place + 12 : place + 16], "little") if place >= 0 else 0


def product_of(path: str, known: Mapping[str, str]) -> str | None:
    """The product that a picture's path in a ZIP names: `<id>.jpg`, `<id>_2.jpg`, `<id>/any.jpg`.

    `known` maps case-folded ids to ids. Only looked up, a path leads nowhere on this machine.
    """
    parts = PurePosixPath(path.replace("\\", "/"))
    stem = parts.stem.casefold()
    folder = parts.parent.name.casefold()
    for candidate in (stem, _NUMBERED.sub("", stem), folder):
        if candidate in known:
            return known[candidate]
    return None


def _is_wanted(member: zipfile.ZipInfo) -> bool:
    parts = PurePosixPath(member.filename).parts
    # Of a member without a name, zipfile cannot tell whether it is a folder.
    return (
        bool(parts) and not member.is_dir() and not any(part in _LEFT_BY_SYSTEMS for part in parts)
    )


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo, known: Mapping[str, str]) -> Brought:
    path = _name(member)
    product_id = product_of(path, known)
    if product_id is None:
        return Brought("", path, InputError("images.unknown_product", name=path))
    try:
        with archive.open(member) as stream:
            content = stream.read(MOST_BYTES + 1)
    except _DAMAGED:
        return Brought(product_id, path, InputError("images.broken", name=path))
    return Brought(product_id, path, content)


def _name(member: zipfile.ZipInfo) -> str:
    """The member's path. Chinese Windows writes names in GBK and says nothing of it."""
    if member.flag_bits & _UTF_8:
        return member.filename
    try:
        return member.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return member.filename


def _too_much(name: str) -> InputError:
    return InputError("images.too_much", name=name, limit_mb=MOST_UNPACKED // 1_000_000)
