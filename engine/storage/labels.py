"""What people call things: their shop, a key, themselves."""

# Characters of a name that is shown to people.
LONGEST_LABEL = 80


def tidy_label(text: str) -> str:
    """A name that somebody entered, on one line and not too long."""
    return " ".join(text.split())[:LONGEST_LABEL]
