"""Simulates shops: catalogs, search logs, orders and reviews of any size."""
