"""What a text claims about a product, and the facts that support it."""

from engine.claims.checker import Claim, ClaimChecker, shop_checker
from engine.claims.facts import Fact

__all__ = ["Claim", "ClaimChecker", "Fact", "shop_checker"]
