"""The five tables of a shop and what every package reads from them."""
