"""A made-up shop: its words, products, shoppers, baskets and opinions."""
