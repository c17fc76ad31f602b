"""Copy from a product's facts, every claim checked."""
