"""The experiment page: plans on the traffic of the shop, the A/A game, and what results say."""
