"""Choosing, starting and following a training, and what it brought."""
