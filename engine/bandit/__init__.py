"""Strategies that compete for each list: policies, off-policy estimates, a simulator."""
