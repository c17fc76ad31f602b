"""The page on which strategies compete and learn from feedback."""
