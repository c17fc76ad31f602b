"""What the task can be asked, and what it answers."""

from typing import Any

from engine.codec import Call

PREDICT = Call("tasks", "predict", list[dict[str, Any]], list[dict[str, Any]], "interest")
EXPLAIN = Call("tasks", "explain", dict[str, Any], dict[str, Any], "interest")
MEASURE = Call("tasks", "measure", dict[str, Any], list[dict[str, Any]], "interest")
CALLS = (PREDICT, EXPLAIN, MEASURE)
