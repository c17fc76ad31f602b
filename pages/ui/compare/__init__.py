"""The compare page: the systems of one training, or of two, on the same held-out examples."""
