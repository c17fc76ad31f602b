"""The encoding of a text file: byte order mark, strict UTF-8, GB18030, then chardet."""

import codecs
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.reading.limits import refuse

# Bytes of another encoding, see `read_lines`.
FOREIGN = re.compile("[\udc80-\udcff]")
CHUNK = 1 << 20
SAMPLE_BYTES = 1 << 16
# A text is read in blocks: of so many bytes or, in other encodings than UTF-8, lines. What larger
# blocks need is given back to the system after each of them, which takes longer than reading it.
BLOCK_BYTES = 500_000
BLOCK_LINES = 12_500
# Of simplified Chinese text, GB2312 holds all but rare characters. Accented letters, Big5 or
# Japanese misread as GB18030 give other characters.
GB2312_SHARE = 0.8
UTF16_NULS = 4  # so much more often are the high bytes of UTF-16 zero than the low ones
# Encodings whose texts may be taken for Chinese.
EASTERN = {"cp949", "euc_kr", "johab", "cp932", "shift_jis", "euc_jp", "cp874", "tis-620", "big5"}
# Codecs that hold what files of a narrower encoding have besides.
_WIDER = {
    **{"iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254", "tis-620": "cp874"},
    **{"gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949"},
}
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
# What the dashes and quotation marks of Windows are in ISO 8859: no text has these.
_CONTROL_OF_LATIN = re.compile("[\x80-\x84\x86-\x9f]")
# Accents misread as letters of another alphabet stand between Latin letters.
_MIXED = re.compile("[A-Za-z][\u0370-\u06ff]|[\u0370-\u06ff][A-Za-z]")
_BEYOND = re.compile("[^\x00-\x7f]+")
MOST_MIXED = 0.2
MOST_LETTERS = 100  # beyond ASCII, in texts of one language
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class Encoding:
    """A Python codec; `mixed`: some lines are in another one; `guessed`: by letter statistics."""

    codec: str
    mixed: bool = False
    guessed: bool = False


def find_encoding(path: Path, name: str) -> Encoding:
    """The encoding of the text file at `path`, which the user calls `name`.

    Raises InputError if the file is no text or its encoding cannot be found.
    """
    marked, wide = _find_mark(path)
    if wide:
        if not _decodes(path, wide, nul=True):
            raise refuse("broken_encoding", name, encoding=wide.upper())
        return Encoding(wide)
    codec = marked or "utf-8"
    if _decodes(path, codec):
        return Encoding(codec)
    if _holds_nul(path):
        raise refuse("binary", name)
    survey = _survey(path)
    if marked or survey.mostly_utf8:
        return Encoding(codec, mixed=True)
    if survey.chinese and not survey.utf8:
        # Korean, Japanese and Thai are bytes of Chinese characters, too, in all lines or in most.
        other = _detect(path, survey.sample)
        if other in EASTERN and _decodes(path, other):
            return Encoding(other, guessed=True)
        if not survey.broken:
            return Encoding("gb18030")
    if survey.chinese and survey.gb > survey.utf8 + survey.broken:
        return Encoding("gb18030", mixed=True)
    return _guess(path, name, survey.sample)


def is_binary(path: Path) -> bool:
    """Whether the file holds NUL bytes that no encoding explains."""
    return _find_mark(path)[1] is None and _holds_nul(path)


def read_lines(path: Path, encoding: Encoding) -> Iterator[str]:
    """The lines of the file with their ends.

    In a line of another encoding, bytes beyond ASCII become lone surrogates (`surrogateescape`).
    """
    if not encoding.mixed:
        with path.open(encoding=encoding.codec, newline="") as file:
            yield from file
        return
    with path.open("rb") as file:
        for line in file:
            yield _decode_line(line, encoding.codec)


def read_blocks(path: Path, encoding: Encoding) -> Iterator[bytes]:
    """The text of the file in UTF-8, in blocks of whole lines; a line feed or the file ends each.

    Bytes of another encoding are lone surrogates, as in `read_lines` (`surrogatepass`).
    """
    if encoding.mixed or encoding.codec != "utf-8":
        lines = read_lines(path, encoding)
        while part := list(itertools.islice(lines, BLOCK_LINES)):
            yield "".join(part).encode("utf-8", "surrogatepass")
        return
    with path.open("rb") as file:
        rest: list[bytes] = []
        while data := file.read(BLOCK_BYTES):
            end = data.rfind(b"\n") + 1
            if end:
                yield b"".join((*rest, data[:end]))
                rest = []
            rest.append(data[end:])
        if last := b"".join(rest):
            yield last


def _find_mark(path: Path) -> tuple[str | None, str | None]:
    """The codec of the byte order mark, and that of a text of two or four bytes a character."""
    with path.open("rb") as file:
        head = file.read(SAMPLE_BYTES)
    marked = next((codec for mark, codec in MARKS if head.startswith(mark)), None)
    return marked, marked if marked in ("utf-16", "utf-32") else _find_wide(head)


def _decode_line(line: bytes, codec: str) -> str:
    foreign = codec == "gb18030" and _is_surely_utf8(line)
    text = None if foreign else _decode(line, codec)
    return line.decode("ascii", "surrogateescape") if text is None else text


def _decode(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except UnicodeError:
        return None


def _decodes(path: Path, codec: str, *, nul: bool = False) -> bool:
    """Whether the file is text in `codec`, without NUL bytes unless they are allowed."""
    decoder = codecs.getincrementaldecoder(codec)()
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                if not nul and b"\0" in chunk:
                    return False
                # Most chunks of most files are, and it is quicker to see than to decode.
                if not (codec == "utf-8" and chunk.isascii() and not decoder.getstate()[0]):
                    decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def _holds_nul(path: Path) -> bool:
    with path.open("rb") as file:
        return any(b"\0" in chunk for chunk in iter(lambda: file.read(CHUNK), b""))


def _find_wide(head: bytes) -> str | None:
    """UTF-16 without its mark: NULs on one side of the byte pairs, no control characters."""
    even = head[: len(head) // 2 * 2]
    nuls = {"utf-16-be": even[::2].count(0), "utf-16-le": even[1::2].count(0)}
    codec = max(nuls, key=lambda codec: nuls[codec])
    if nuls[codec] <= UTF16_NULS * min(nuls.values()):
        return None
    text = even.decode(codec, "replace")
    return None if _CONTROL.search(text) else codec


def _gb2312_count(text: str) -> tuple[int, int]:
    """Characters of `text` beyond ASCII that GB2312 holds, and all beyond ASCII."""
    ascii_count = len(text.encode("ascii", "ignore"))
    held = (len(text.encode("gb2312", "ignore")) - ascii_count) // 2
    return held, len(text) - ascii_count


def _is_surely_utf8(line: bytes) -> bool:
    """Whether a line is UTF-8 beyond ASCII and makes no sense as simplified Chinese in GB18030."""
    text = None if line.isascii() else _decode(line, "utf-8")
    if text is None or max(text) < "\u0800":
        return False
    as_gb = _decode(line, "gb18030")
    if as_gb is None:
        return True
    held, beyond = _gb2312_count(as_gb)
    return held < GB2312_SHARE * beyond


@dataclass
class _Survey:
    """Lines beyond ASCII: surely UTF-8, UTF-8 or something else, only GB18030, neither."""

    utf8: int = 0
    either: int = 0
    gb: int = 0
    broken: int = 0
    gb2312: int = 0
    beyond: int = 0
    sample: bytes = b""

    @property
    def chinese(self) -> bool:
        return self.beyond > 0 and self.gb2312 >= GB2312_SHARE * self.beyond

    @property
    def mostly_utf8(self) -> bool:
        if self.chinese:
            return self.utf8 >= self.gb + self.broken
        return self.utf8 + self.either >= self.gb + self.broken


def _survey(path: Path) -> _Survey:
    survey = _Survey()
    with path.open("rb") as file:
        for line in file:
            if line.isascii():
                continue
            if _decode(line, "utf-8") is not None:
                surely = _is_surely_utf8(line)
                survey.utf8 += surely
                survey.either += not surely
                continue
            as_gb = _decode(line, "gb18030")
            survey.broken += as_gb is None
            if as_gb is not None:
                held, beyond = _gb2312_count(as_gb)
                survey.gb += 1
                survey.gb2312 += held
                survey.beyond += beyond
            if len(survey.sample) < SAMPLE_BYTES:
                survey.sample += line[:SAMPLE_BYTES]
    return survey


def _guess(path: Path, name: str, sample: bytes) -> Encoding:
    codec = _detect(path, sample)
    if codec is None or not _decodes(path, codec):
        raise refuse("unknown_encoding", name)
    return Encoding(codec, guessed=codec != "gb18030")


def _detect(path: Path, sample: bytes) -> str | None:
    """The codec by the statistics of letters; `sample` has lines beyond ASCII.

    The beginning of the file says more, for its ASCII letters show where words end.
    """
    import chardet  # takes a while to import, and few files need it

    with path.open("rb") as file:
        head = file.read(SAMPLE_BYTES)
    data = sample if head.isascii() else head
    for guess in chardet.detect_all(data):
        if guess["encoding"] is not None:
            codec = codecs.lookup(guess["encoding"]).name
            codec = _WIDER.get(codec, codec)
            if _makes_words(data, data.decode(codec, "replace")):
                return codec
    return None


def _makes_words(data: bytes, text: str) -> bool:
    """Whether hardly any word mixes alphabets, and no alphabet of one byte a letter is too big."""
    if len(text) == len(data) and len(set(data) - set(range(128))) > MOST_LETTERS:
        return False
    if _CONTROL_OF_LATIN.search(text):
        return False
    return len(_MIXED.findall(text)) <= MOST_MIXED * len(_BEYOND.findall(text))
