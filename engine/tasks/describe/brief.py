"""What is asked of a writer: for whom, in which tone, for which channel, in which language."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from engine.claims.facts import sentences

Channel = Literal["page", "ad", "live", "snippet"]
Persona = Literal["anyone", "parents", "professionals", "students", "gift", "experts"]
Tone = Literal["plain", "warm", "playful", "expert", "elegant"]
Language = Literal["en", "zh"]

CHANNELS: tuple[Channel, ...] = get_args(Channel)
PERSONAS: tuple[Persona, ...] = get_args(Persona)
TONES: tuple[Tone, ...] = get_args(Tone)
LANGUAGES: tuple[Language, ...] = get_args(Language)


@dataclass(frozen=True)
class Brief:
    """One request to a writer."""

    channel: Channel = "page"
    persona: Persona = "anyone"
    tone: Tone = "plain"
    language: Language = "en"

    @property
    def words(self) -> Mapping[str, Any]:
        """The texts of the brief's language."""
        return texts(self.language)

    @property
    def most_characters(self) -> int:
        """How long a text for the channel may be."""
        return int(self.words["channels"][self.channel]["characters"])

    @property
    def most_sentences(self) -> int:
        """How many sentences a text for the channel may have."""
        return int(self.words["channels"][self.channel]["sentences"])


def copy_language(shop_language: str) -> Language:
    """The language that a shop's copy is written in unless another is asked for."""
    return "zh" if shop_language == "zh" else "en"


@cache
def texts(language: str) -> Mapping[str, Any]:
    """What is said to writers, and templates, in a language."""
    file = Path(__file__).with_name(f"brief_{language}.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))


# What a whole sentence ends with.
ENDS = (".", "!", "?", "。", "！", "？", "…", '"', "”", ")")


def fit(text: str, brief: Brief) -> str:
    """A model's text in the form of the channel: one paragraph of whole sentences, not too long.

    Marks of Markdown and of lists are taken out; a sentence that was cut off is left out unless it
    is the only one.
    """
    plain = " ".join(text.replace("*", "").replace("#", "").replace("`", "").split()).strip('"“” ')
    whole = sentences(plain)[: brief.most_sentences]
    while len(whole) > 1 and (
        not whole[-1].endswith(ENDS) or len(" ".join(whole)) > brief.most_characters
    ):
        whole.pop()
    joined = brief.words["space"].join(whole)
    return joined if len(joined) <= brief.most_characters else _cut(joined, brief.most_characters)


def _cut(text: str, most: int) -> str:
    """The beginning of a text, up to the last pause that fits."""
    head = text[:most]
    pause = max(head.rfind(sign) for sign in (",", ";", "，", "；", "、", " "))
    return head[:pause].rstrip(" ,;，；、") if pause > most // 2 else head
