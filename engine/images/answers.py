"""What can be asked about pictures, and what is answered."""

from typing import Any

from engine.codec import Call

READ = Call("pictures", "read", dict[str, Any], dict[str, Any])
SEARCH = Call("pictures", "search", dict[str, Any], dict[str, Any])
DOUBTS = Call("pictures", "doubts", dict[str, Any], list[dict[str, Any]])
CALLS = (READ, SEARCH, DOUBTS)
