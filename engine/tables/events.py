"""What shoppers do with a product they were shown, and how much each act counts."""

from collections.abc import Mapping

# A cart says more than a look, a purchase more than both: how many clicks each act counts for.
EVENT_WEIGHTS: Mapping[str, float] = {"click": 1.0, "add_to_cart": 2.0, "purchase": 4.0}
# How relevant the strongest act makes a product, as judgments do: 1, 2, 3.
EVENT_GRADES: Mapping[str, int] = {event: n for n, event in enumerate(EVENT_WEIGHTS, start=1)}
# On a live list a product can be liked too; a like is meant as seriously as a cart.
FEEDBACK_WEIGHTS: Mapping[str, float] = {**EVENT_WEIGHTS, "like": EVENT_WEIGHTS["add_to_cart"]}
