"""Whether a text affirms or negates what it mentions."""

import re

from engine.claims.lexicon import Token

_DENYING = re.compile(
    r"(?i)\b(?:not|no|never|without|non|neither|nor|cannot|lacks?|lacking|isn['’]t|aren['’]t|don['’]t"
    r"|doesn['’]t|can['’]t|won['’]t|wasn['’]t|free (?:of|from))\b"
    r"|(?:不含|不可|不能|不会|不是|不带|不支持|没有|并非|未|无|不|勿|非|免|零)"
    r"[\u3400-\u9fff]{0,2}$"
)
_NOT_DENYING = re.compile(
    r"(?i)\bnot (?:only|just|to mention)\b|\bno (?:matter|wonder|doubt|longer)\b|\bnever again\b"
    r"|不仅|不但|不只|不止|不锈|不论|无论|不怕|不愧|无比|不粘|不断|不惧|不漏|无处不|非常|无限|无线"
)
_NEEDLESS = re.compile(
    r"(?i)\b(?:no need (?:to|for)|needn['’]t|don['’]t need|no more|instead of|rather than)\b"
    r"|(?:不用|无需|不必|无须|告别|代替|省去)[\u3400-\u9fff]{0,2}$"
)
_FREE = re.compile(r"[\s-]*(?:free\b|less\b)", re.IGNORECASE)
_CLAUSE = re.compile(r"[.,;:!?。，；：！？、]|\b(?:but|and|yet)\b|但|却|而且")
# How many characters before a mention are searched for a negation.
REACH = 32


def is_denied(text: str, first: Token, last: Token) -> bool:
    """Whether the mention from token `first` to token `last` is negated in its clause.

    "not waterproof", "without leather", "BPA-free", 不防水; but "not only waterproof" affirms.
    """
    if _FREE.match(text, last.end):
        return True
    clause = _clause_before(text, first)
    return bool(_DENYING.search(_NOT_DENYING.sub(" ", clause)))


def is_needless(text: str, first: Token) -> bool:
    """Whether the text says that this is not needed ("no need to hand wash", 告别手洗)."""
    return bool(_NEEDLESS.search(_clause_before(text, first)))


def _clause_before(text: str, first: Token) -> str:
    return _CLAUSE.split(text[max(0, first.start - REACH) : first.start])[-1]
