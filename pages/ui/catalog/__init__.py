"""The catalog page: quality, gaps, categories of one's own."""
