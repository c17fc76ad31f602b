"""Pictures of products: opened safely, kept small, and read by an image encoder."""
