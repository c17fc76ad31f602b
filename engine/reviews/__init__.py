"""What a shop's reviews say, without a model: aspects, trends, trust, quotes."""
