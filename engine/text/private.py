"""Whether a text may reveal who typed it."""

import re

from engine.text.words import normalise

# An address, or enough digits to identify a person, a card, a parcel or an order.
_PRIVATE = re.compile(r"[^\s@]@[^\s@]|(?:https?://|www\.)|(?:\d[\s().+-]*){7}")


def is_private(text: str) -> bool:
    """Whether a text contains an e-mail or web address, or a number as long as a phone number.

    Names and street addresses look like any other words. That such a text is not private can only
    be inferred from how many people typed it.
    """
    return bool(_PRIVATE.search(normalise(text)))
