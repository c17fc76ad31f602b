"""Which products answer a query."""
