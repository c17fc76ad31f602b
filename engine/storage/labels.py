"""What people call things: their shop, a key, themselves."""

# Characters of a name that is shown to people.
LONGEST_LABEL = 80


def tidy_label(text: str, longest: int = LONGEST_LABEL) -> str:
    """A text that somebody entered, on one line and not too long, that every file can hold.

    Half a surrogate pair, which no file can hold, becomes a question mark.
    """
    return " ".join(text.encode("utf-8", "replace").decode("utf-8").split())[:longest]
