"""A product's category and attribute values, from its text."""
