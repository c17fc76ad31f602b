"""The page of learning from feedback."""
