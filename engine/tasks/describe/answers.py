"""What the task can be asked, and what it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Self

from engine.claims import Claim, Fact
from engine.codec import Call, FilledText, Text
from engine.tasks.describe.brief import Brief, Channel, Language, Persona, Tone, copy_language

# Systems that no model stands behind: a text that came with the question, and the baseline.
GIVEN, TEMPLATE = "given", "template"

About = Literal["product", "reviews"]


@dataclass(frozen=True)
class CopyInput:
    """A product and what its text is to be like; without a `language`, the shop's own."""

    product_id: FilledText
    channel: Channel = "page"
    persona: Persona = "anyone"
    tone: Tone = "plain"
    language: Language | None = None

    @classmethod
    def of(cls, product_id: str, brief: Brief) -> Self:
        """A product whose text is to be as `brief` says."""
        return cls(product_id, brief.channel, brief.persona, brief.tone, brief.language)

    def brief(self, shop_language: str) -> Brief:
        """The brief for a shop in `shop_language`."""
        language = self.language or copy_language(shop_language)
        return Brief(self.channel, self.persona, self.tone, language)


@dataclass(frozen=True)
class DescribeInput(CopyInput):
    """A product to be described; a `text` of one's own is checked in place of writing one."""

    text: Text = ""


@dataclass(frozen=True)
class WriteInput(CopyInput):
    """A text that is shown while it is written: of a product, or a summary of its reviews."""

    about: About = "product"


@dataclass(frozen=True)
class CheckedText:
    """A text with its claims, whether the facts support them all, and how many facts it tells.

    `facts_used` counts those beyond the title.
    """

    text: str
    supported: bool
    facts_used: int
    claims: Sequence[Claim]


@dataclass(frozen=True)
class DescribeAnswer:
    """The texts about a product by every system, the template among them.

    A text of one's own is that of the system `given`. `text` is the recommended system's;
    `confidence` is 1 where all its claims are supported, else their supported share. `facts` are
    those that the writer was told.
    """

    product_id: str
    title: str
    text: str
    confidence: float
    systems: Mapping[str, CheckedText]
    facts: Sequence[Fact]


@dataclass(frozen=True)
class DescribeExplanation:
    """What the writer is told of a product, and how often the shop's descriptions tell each fact.

    `weights` are values of `facts` with that share, from 0 to 1.
    """

    weights: Sequence[tuple[str, float]]
    facts: Sequence[Fact]


@dataclass(frozen=True)
class DraftInput:
    """Any short text that a person will look through: the writer's `role`, and what it is to do."""

    role: Text
    request: Text


@dataclass(frozen=True)
class Draft:
    """What the generator wrote; nothing of it was checked."""

    text: str


PREDICT = Call("tasks", "predict", list[DescribeInput], list[DescribeAnswer], "describe")
EXPLAIN = Call("tasks", "explain", CopyInput, DescribeExplanation, "describe")
WRITE = Call("tasks", "write", WriteInput, DescribeAnswer, "describe")
DRAFT = Call("tasks", "draft", DraftInput, Draft, "describe")
CALLS = (PREDICT, EXPLAIN, WRITE, DRAFT)
