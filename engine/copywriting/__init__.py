"""From what a shop knows of a product to a text that says no more than that."""
