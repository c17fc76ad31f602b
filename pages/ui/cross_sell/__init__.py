"""The cross-sell page."""
