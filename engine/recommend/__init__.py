"""What goes with what: models over the baskets of past orders, and over the products' texts."""
