"""Unicode normal forms of texts that strangers wrote."""

import re
import unicodedata
from typing import Literal

# Sorting the accents on one letter takes time quadratic in their number, so a long text is
# normalised in blocks, which end at a space if there is one.
BLOCK = 1_000
_BLOCK = re.compile(r"(?s).{1,900}\S{0,100}")


def normal_form(form: Literal["NFC", "NFKC"], text: str) -> str:
    """`text` in a normal form of Unicode, in time linear in its length.

    Only a letter with its accents across two blocks of a long text may stay decomposed.
    """
    if len(text) <= BLOCK:
        return unicodedata.normalize(form, text)
    return "".join(unicodedata.normalize(form, block) for block in _BLOCK.findall(text))
