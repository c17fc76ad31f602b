"""The shop's policy text in its workspace: read, replaced, and the last replacement undone."""

from pathlib import Path

from engine.errors import InputError
from engine.reading.layout import Place
from engine.reading.reader import read_table
from engine.settings import SAMPLE_DATA
from engine.storage.files import changed_at, read_text, write_atomically
from engine.storage.scratch import scratch_folder
from engine.storage.workspace import Workspace

ENDINGS = (".txt", ".md", ".markdown")
# Many times what a shop's rules take; a book would be searched for minutes.
LONGEST = 100_000


def read_policy(workspace: Workspace) -> str:
    """The policy text; "" where there is none."""
    return read_text(_file(workspace)) or ""


def policy_stamp(workspace: Workspace) -> int:
    """A mark that changes with every replacement of the text; 0 without a text."""
    return changed_at(_file(workspace))


def keep_policy(workspace: Workspace, text: str, name: str) -> None:
    """Put `text`, from a file called `name`, in place of the policy; `undo_policy` takes it back.

    Raises InputError for an empty text or one that is too long.
    """
    tidy = "\n".join(line.rstrip() for line in text.splitlines()).strip()
    if not tidy:
        raise InputError("assistant.policy_empty", file=name)
    if len(tidy) > LONGEST:
        raise InputError("assistant.policy_too_long", file=name, size=len(tidy), most=LONGEST)
    with workspace.changing():
        _write(_previous(workspace), read_policy(workspace))
        _write(_file(workspace), tidy + "\n")


def read_upload(data: bytes, name: str) -> str:
    """The text of an uploaded file in whatever encoding.

    Raises InputError for what is no plain text or Markdown.
    """
    if Path(name).suffix.lower() not in ENDINGS:
        raise InputError("assistant.policy_wrong_kind", file=name)
    if len(data) > 4 * LONGEST:
        raise InputError("assistant.policy_too_long", file=name, size=len(data), most=LONGEST)
    if not data.strip():
        raise InputError("assistant.policy_empty", file=name)
    with scratch_folder() as folder:
        path = folder / "policy"
        path.write_bytes(data)
        try:
            raw = read_table(path, name=name, place=Place(lines=len(data)))
        except InputError as error:
            if error.code in ("reader.busy", "reader.too_slow"):
                raise
            raise InputError("assistant.policy_not_text", file=name) from error
    # Blank lines, which part the passages, are not among the rows of a file.
    lines = raw.frame["text"].astype("str").set_axis(raw.rows)
    return "\n".join(lines.reindex(range(1, raw.rows.max() + 1), fill_value=""))


def sample_policy(language: str) -> str:
    """The policy of the sample shop of `language`."""
    return (SAMPLE_DATA / language / "policy.md").read_text(encoding="utf-8")


def can_undo_policy(workspace: Workspace) -> bool:
    """Whether `undo_policy` has something to take back."""
    return _previous(workspace).is_file()


def undo_policy(workspace: Workspace) -> None:
    """Take the last replacement back: the text before it, or none, stands again."""
    previous = _previous(workspace)
    with workspace.changing():
        if not previous.is_file():
            return
        if text := previous.read_text(encoding="utf-8"):
            _write(_file(workspace), text)
        else:
            _file(workspace).unlink(missing_ok=True)
        previous.unlink()


def _write(path: Path, text: str) -> None:
    write_atomically(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def _file(workspace: Workspace) -> Path:
    return workspace.folder / "assistant" / "policy.md"


def _previous(workspace: Workspace) -> Path:
    return workspace.folder / "assistant" / "policy.previous.md"
