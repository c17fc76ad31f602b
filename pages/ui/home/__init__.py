"""The home page: a first shop, or the shop at a glance and what to do next."""
