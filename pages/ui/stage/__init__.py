"""The page that the projector shows."""
