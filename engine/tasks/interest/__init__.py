"""What a shopper wants next, from what they did before."""
