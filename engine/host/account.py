"""Accounts of those who sign in with an identity provider, where the host asks for it."""

import hashlib
import json


def account_of(issuer: str, subject: str) -> str:
    """The account of whom `issuer` calls `subject`.

    A hash, so that nothing on disk says who somebody is. OpenID Connect promises that no issuer
    gives a subject away again, and warns that names and e-mail addresses may change hands (OpenID
    Connect Core 1.0, section 5.7).
    """
    return hashlib.sha256(json.dumps([issuer, subject]).encode()).hexdigest()[:32]
