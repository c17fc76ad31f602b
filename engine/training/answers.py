"""What can be asked about a training before it starts, and what is answered."""

from typing import Any

from engine.codec import Call

PLAN = Call("training", "plan", dict[str, Any], dict[str, Any])
CALLS = (PLAN,)
