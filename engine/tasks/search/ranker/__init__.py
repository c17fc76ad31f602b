"""Learning to rank: an order of the products that words and meaning find, learned from the shop."""
