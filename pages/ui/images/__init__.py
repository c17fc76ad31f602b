"""Pictures of products, on the catalog page."""
