"""Two search models answer the same queries, mixed and unnamed, until one is clearly preferred."""
