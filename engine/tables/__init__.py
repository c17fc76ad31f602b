"""The five tables of a shop, and what all packages derive from them."""
