"""What a text gives away about the person who typed it."""

import re

from engine.text.words import normalise

# An address, or so many digits that they number a person, a card, a parcel or an order.
_PRIVATE = re.compile(r"[^\s@]+@[^\s@]+|(?:https?://|www\.)|(?:\d[\s().+-]*){7}")


def is_private(text: str) -> bool:
    """Whether a text holds an e-mail or web address or a number as long as a phone number.

    Names and street addresses look like any other words: only how many people typed a text tells
    that it is not private.
    """
    return bool(_PRIVATE.search(normalise(text)))
