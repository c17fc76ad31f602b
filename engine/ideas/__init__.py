"""Ideas as cards that rest on what was measured."""
