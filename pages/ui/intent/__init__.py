"""The intent page."""
