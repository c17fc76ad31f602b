"""The quality of a catalog, and how its gaps are filled: nothing here needs a model's process."""
