"""A generator that writes product texts and picks the truest: what the describe task saves."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.claims import ClaimChecker
from engine.models.generator import Generator, SamplingConfig, open_generator
from engine.progress import Progress, Silent
from engine.storage.files import write_json
from engine.tables.tables import Tables
from engine.tasks.describe.brief import Brief, Language, fit
from engine.tasks.describe.evidence import Grounds, Habit, ground, keep_supported
from engine.tasks.describe.prompts import Messages, write_prompt
from engine.tasks.describe.review_summary import Voices, ground_reviews, review_prompt
from engine.tasks.describe.selection import choose_best, judge


@dataclass
class Writer:
    """A generator with what it has to know of the shop.

    Systems: the likeliest text (`tuned` or `untuned`), and the best of several (`tuned_best`,
    `untuned_best`): the one whose claims the facts support and that tells most, with sentences of
    the others that tell more.
    """

    generator: Generator
    model_id: str
    tables: Tables
    checker: ClaimChecker
    habit: Habit
    drawing: SamplingConfig
    shown: int
    language: Language
    trained: bool
    recommended: str = ""

    def __post_init__(self) -> None:
        self.plain = "tuned" if self.trained else "untuned"
        self.best = f"{self.plain}_best"
        self.recommended = self.recommended or self.best

    @property
    def systems(self) -> Sequence[str]:
        """The names of the systems that `write` answers with."""
        return [self.plain, self.best]

    def grounds(self, product_id: str) -> Grounds:
        """The grounds of a product. KeyError for one that the catalog does not hold."""
        return ground(self.checker, self.habit, product_id, self.shown)

    def write(
        self, grounds: Sequence[Grounds], briefs: Sequence[Brief], progress: Progress | None = None
    ) -> dict[str, list[str]]:
        """A text for each product and brief, by every system."""
        chats = [self.prompt(*pair) for pair in zip(grounds, briefs, strict=True)]
        drawn = self.generator.write(chats, self.drawing, progress or Silent())
        fitted = [
            [fit(text, brief) for text in texts] for texts, brief in zip(drawn, briefs, strict=True)
        ]
        return {
            self.plain: [texts[0] for texts in fitted],
            self.best: [
                choose_best(texts, told, brief)
                for texts, told, brief in zip(fitted, grounds, briefs, strict=True)
            ],
        }

    def stream(self, grounds: Grounds, brief: Brief, on_text: Callable[[str], None]) -> str:
        """The likeliest text for one product, heard while it is written."""
        chat = self.prompt(grounds, brief)
        return fit(self.generator.stream(chat, self.drawing, on_text), brief)

    def sum_up(
        self, voices: Voices, product_id: str, brief: Brief, on_text: Callable[[str], None]
    ) -> tuple[str, Grounds]:
        """A summary of a product's reviews, heard while it is written, and what it may rest on.

        Sentences that no review supports are left out of it.
        """
        told = ground_reviews(self.checker, voices, product_id, brief)
        text = ""
        if voices.opinions:
            text = self.generator.stream(review_prompt(voices, brief), self.drawing, on_text)
        return keep_supported(fit(text, brief), told), told

    def prompt(self, grounds: Grounds, brief: Brief) -> Messages:
        """What the generator is told."""
        return write_prompt(grounds.shown, brief)

    def choose(self, grounds: Sequence[Grounds], progress: Progress) -> None:
        """Recommend the system with more texts that are true and tell on some products."""
        if not grounds:
            return
        brief = Brief(language=self.language)
        found = self.write(grounds, [brief] * len(grounds), progress)

        def worth(system: str) -> tuple[int, int]:
            verdicts = [judge(*pair) for pair in zip(found[system], grounds, strict=True)]
            return sum(one.informative for one in verdicts), sum(one.supported for one in verdicts)

        self.recommended = max((self.best, self.plain), key=worth)

    def save(self, folder: Path) -> None:
        """Write the tuned weights and what the systems need beside them."""
        self.generator.save(folder / "generator")
        about = {
            "model": self.model_id,
            "habit": dict(self.habit.rates),
            "drawing": vars(self.drawing),
            "shown": self.shown,
            "recommended": self.recommended,
        }
        write_json(folder / "bundle.json", about)


def open_writer(
    folder: Path,
    tables: Tables,
    checker: ClaimChecker,
    language: Language,
    progress: Progress | None = None,
) -> Writer:
    """The writer that `Writer.save` wrote to `folder`, for a shop in `language`."""
    about = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
    return Writer(
        open_generator(about["model"], folder / "generator", progress),
        about["model"],
        tables,
        checker,
        Habit(about["habit"]),
        SamplingConfig(**about["drawing"]),
        about["shown"],
        language,
        trained=True,
        recommended=about["recommended"],
    )


def tuned_writer(writer: Writer, generator: Generator) -> Writer:
    """A writer that knows the same of the shop and writes with a tuned generator."""
    return replace(writer, generator=generator, trained=True, recommended="")
