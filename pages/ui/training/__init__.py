"""Choosing, starting and following a training, and its results."""
