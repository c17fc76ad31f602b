"""What the task can be asked, and what it answers."""

from typing import Any

from engine.codec import Call

PREDICT = Call("tasks", "predict", list[dict[str, Any]], list[dict[str, Any]], "attributes")
EXPLAIN = Call("tasks", "explain", dict[str, Any], dict[str, Any], "attributes")
CALLS = (PREDICT, EXPLAIN)
