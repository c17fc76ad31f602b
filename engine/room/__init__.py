"""A workshop's room: who is in it, where each team stands, and what the facilitator does."""
