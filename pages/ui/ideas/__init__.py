"""The page of ideas: a board of cards, what each rests on, and which are worth trying."""
