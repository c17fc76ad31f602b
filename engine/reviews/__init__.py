"""What a shop's reviews say, without a model: aspects, keyphrases, trends, trust, quotes."""
