"""Learning from feedback: which way of ranking earns the most, tried out on the shoppers."""
