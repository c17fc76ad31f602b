"""The keys with which programs and the storefront ask a shop's models over HTTP.

A key is shown once, when it is made; its record holds only its SHA-256. That is enough here, unlike
for passwords, because a key is 256 random bits: there is nothing to guess from a dictionary. Keys
are looked up by their id, which is no secret.
"""

import hashlib
import secrets
import time
from dataclasses import dataclass
from typing import Literal

from engine.errors import InputError
from engine.storage.labels import tidy_label
from engine.storage.records import RecordKind, RecordPlace, Row, has_records, open_records
from engine.storage.workspace import Workspace

# `shop` opens everything of the workspace; `storefront` what a shopper's browser needs.
Scope = Literal["shop", "storefront"]

PREFIX = "shoplab"
DAY = 86_400.0
# The last use is written down at most so often, so that requests hardly ever write.
USE_SECONDS = 60.0

_TABLES = """
CREATE TABLE keys (
    id TEXT PRIMARY KEY, hash TEXT NOT NULL, name TEXT NOT NULL, scope TEXT NOT NULL,
    created REAL NOT NULL, expires REAL, used REAL, revoked REAL
);
"""
API_KEYS = RecordKind("api_keys", _TABLES)


@dataclass(frozen=True)
class ApiKey:
    """What is known of a key; times are in epoch seconds, None for never."""

    id: str
    name: str
    scope: Scope
    created: float
    expires: float | None = None
    used: float | None = None
    revoked: float | None = None

    def is_valid(self, now: float) -> bool:
        """Whether the key opens anything at the time `now`."""
        return self.revoked is None and (self.expires is None or now < self.expires)


def find_key(workspace: Workspace, text: str) -> ApiKey | None:
    """The valid key of a workspace with this text, or None; see `ApiKeys.find`.

    Strangers call it: unlike `ApiKeys` it makes no tables where the workspace has no keys.
    """
    if not has_records(_place(workspace)):
        return None
    with ApiKeys(workspace) as keys:
        return keys.find(text)


class ApiKeys:
    """The keys of one workspace, to be used in a `with` block and in one thread."""

    def __init__(self, workspace: Workspace) -> None:
        self._records = open_records(_place(workspace))

    def __enter__(self) -> "ApiKeys":
        return self

    def __exit__(self, *_: object) -> None:
        self._records.close()

    def create(
        self, name: str = "", scope: Scope = "shop", days: float | None = None
    ) -> tuple[ApiKey, str]:
        """A new key and its text, which nobody can read again; valid for `days`, or for good."""
        now = time.time()
        expires = None if days is None else now + days * DAY
        key = ApiKey(secrets.token_hex(6), tidy_label(name), scope, now, expires)
        text = f"{PREFIX}_{key.id}_{secrets.token_urlsafe(32)}"
        self._records.execute(
            "INSERT INTO keys (id, hash, name, scope, created, expires) VALUES (?, ?, ?, ?, ?, ?)",
            key.id,
            _hash(text),
            key.name,
            scope,
            now,
            expires,
        )
        return key, text

    def find(self, text: str) -> ApiKey | None:
        """The valid key with this text, or None. Notes that it was used."""
        now = time.time()
        rows = self._records.execute("SELECT * FROM keys WHERE id = ?", _id(text))
        row = rows[0] if rows else None
        # Compared for an unknown id too, so that the time taken tells nothing.
        matches = secrets.compare_digest(_hash(text), row["hash"] if row else _hash(""))
        if row is None or not matches or not _key(row).is_valid(now):
            return None
        if row["used"] is None or row["used"] < now - USE_SECONDS:
            self._records.execute("UPDATE keys SET used = ? WHERE id = ?", now, row["id"])
        return _key(row)

    def revoke(self, key_id: str) -> ApiKey:
        """Refuse a key from now on. Raises InputError for an unknown id."""
        changed = self._records.execute(
            "UPDATE keys SET revoked = COALESCE(revoked, ?) WHERE id = ? RETURNING *",
            time.time(),
            key_id,
        )
        if not changed:
            raise InputError("api_keys.unknown", id=key_id)
        return _key(changed[0])

    def list(self) -> list[ApiKey]:
        """All keys, the newest first; those that are revoked or expired as well."""
        rows = self._records.execute("SELECT * FROM keys ORDER BY created DESC, id")
        return [_key(row) for row in rows]


def _place(workspace: Workspace) -> RecordPlace:
    return RecordPlace(API_KEYS, workspace.folder, workspace.key)


def _key(row: Row) -> ApiKey:
    return ApiKey(**{name: value for name, value in row.items() if name != "hash"})


def _id(text: str) -> str:
    key_id = text.removeprefix(f"{PREFIX}_").partition("_")[0]
    return key_id if key_id.isascii() else ""


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
