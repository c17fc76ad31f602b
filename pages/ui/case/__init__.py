"""The business case page: from a measured gain to money, and what would change the decision."""
