"""Measuring answers against held-out truth, and systems against each other."""
