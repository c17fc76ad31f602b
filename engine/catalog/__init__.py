"""The quality of a catalog and how to fill its gaps, without a model."""
