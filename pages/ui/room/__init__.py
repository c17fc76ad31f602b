"""The page of a workshop's facilitator."""
