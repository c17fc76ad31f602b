"""The canvases of the method: what each asks, in which order; the words are `ideas.canvases`."""

from collections.abc import Mapping

from engine.messages import say

# How Might We and the bet are from design thinking and lean practice (IDEO; Gothelf and Seiden
# 2013), the value proposition from Osterwalder et al. (2014), the press release from Amazon's
# "working backwards" (Bryar and Carr 2021), the pre-mortem from Klein (HBR 2007).
FIELDS: Mapping[str, tuple[str, ...]] = {
    "how_might_we": ("who", "moment", "obstacle", "question"),
    "value": ("jobs", "pains", "gains", "relievers", "creators"),
    "hypothesis": ("change", "whom", "outcome", "reason"),
    "press_release": ("headline", "problem", "solution", "quote", "proof"),
    "premortem": ("failure", "causes", "signal", "guard"),
}
CANVASES = tuple(FIELDS)


def name_canvas(canvas: str, language: str) -> str:
    """What a canvas is called."""
    return say(f"ideas.canvases.{canvas}.name", language)


def prompt(canvas: str, field: str, language: str) -> str:
    """The question that a field of a canvas asks."""
    return say(f"ideas.canvases.{canvas}.{field}.prompt", language)


def example(canvas: str, field: str, language: str) -> str:
    """What somebody might answer there."""
    return say(f"ideas.canvases.{canvas}.{field}.example", language)


def say_hypothesis(answers: Mapping[str, str], language: str) -> str:
    """The bet as one sentence: if … for … then … because …; "" while a part is missing."""
    parts = {name: answers.get(name, "").strip().rstrip(".。") for name in FIELDS["hypothesis"]}
    return say("ideas.hypothesis", language, **parts) if all(parts.values()) else ""
