"""The service assistant: it answers from the shop's own sources, or hands over to a person."""
