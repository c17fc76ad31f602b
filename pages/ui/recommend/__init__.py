"""The recommendations page."""
