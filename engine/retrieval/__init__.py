"""Finding products: by words, by vectors, and by both."""
