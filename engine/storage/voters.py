"""How anonymous votes are kept in a workspace."""

import hashlib

from engine.storage.workspace import Workspace


def voter_mark(workspace: Workspace, subject: str, voter: str) -> str:
    """What stands for a voter's id in the votes on `subject`, a card or a duel.

    It says nothing of the person, and another for each subject, so no two votes can be brought
    together.
    """
    text = f"{workspace.key}\n{subject}\n{voter}"
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:24]
