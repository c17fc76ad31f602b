"""Long work that outlives tab, worker and server."""
