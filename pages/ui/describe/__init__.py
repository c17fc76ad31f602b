"""The copy page."""
