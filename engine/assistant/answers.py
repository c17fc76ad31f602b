"""What the service assistant can be asked, and what it answers."""

from typing import Any

from engine.codec import Call

REPLY = Call("assistant", "reply", dict[str, Any], list[dict[str, Any]])
REPHRASE = Call("assistant", "rephrase", dict[str, Any], dict[str, Any])
JUDGE = Call("assistant", "judge", dict[str, Any], dict[str, Any])
CALLS = (REPLY, REPHRASE, JUDGE)
