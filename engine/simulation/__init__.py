"""Shops that never were: catalogs, search logs, orders and reviews at any size."""
