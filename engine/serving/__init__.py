"""The process that holds the models, and how pages ask it."""
