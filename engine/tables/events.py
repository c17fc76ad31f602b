"""What shoppers do with a product, and how much each act counts."""

from collections.abc import Mapping

# How many clicks an act is worth: a cart says more than a click, a purchase more than both.
EVENT_WEIGHTS: Mapping[str, float] = {"click": 1.0, "add_to_cart": 2.0, "purchase": 4.0}
# The relevance grade (as in judgments: 1, 2, 3) that the strongest act gives a product.
EVENT_GRADES: Mapping[str, int] = {event: n for n, event in enumerate(EVENT_WEIGHTS, start=1)}
# On a live list a product can also be liked, which is worth as much as a cart.
FEEDBACK_WEIGHTS: Mapping[str, float] = {**EVENT_WEIGHTS, "like": EVENT_WEIGHTS["add_to_cart"]}
