"""A generator that writes product texts and picks the truest: what the describe task saves."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from engine.claims import ClaimChecker
from engine.evaluation.one_error import FEWEST_EXAMPLES, choose_simplest
from engine.models.generator import Generator, SamplingConfig, open_generator
from engine.models.sharing import guard_tokenizer, share_weights
from engine.progress import Progress, Silent
from engine.storage.files import write_json
from engine.storage.old_runs import upgrade_writer
from engine.tables.tables import Tables
from engine.tasks.describe.brief import Brief, Language, fit
from engine.tasks.describe.evidence import (
    Evidence,
    FactFrequencies,
    collect_evidence,
    keep_supported,
)
from engine.tasks.describe.prompts import Messages, chat, write_prompt
from engine.tasks.describe.review_summary import ReviewDigest, review_evidence, review_prompt
from engine.tasks.describe.selection import choose_best, judge

# Enough for two or three sentences in either language.
DRAFT_TOKENS = 120


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
    fact_frequencies: FactFrequencies
    sampling: SamplingConfig
    shown: int
    language: Language
    trained: bool
    recommended: str = ""

    def __post_init__(self) -> None:
        share_weights(self.generator.model)
        guard_tokenizer(self.generator.tokenizer)
        self.plain = "tuned" if self.trained else "untuned"
        self.best = f"{self.plain}_best"
        self.recommended = self.recommended or self.best

    @property
    def systems(self) -> Sequence[str]:
        """The names of the systems that `write` answers with."""
        return [self.plain, self.best]

    def evidence(self, product_id: str) -> Evidence:
        """The evidence for a product. KeyError for one that the catalog does not hold."""
        return collect_evidence(self.checker, self.fact_frequencies, product_id, self.shown)

    def write(
        self,
        evidence: Sequence[Evidence],
        briefs: Sequence[Brief],
        progress: Progress | None = None,
    ) -> dict[str, list[str]]:
        """A text for each product and brief, by every system."""
        chats = [self.prompt(*pair) for pair in zip(evidence, briefs, strict=True)]
        drawn = self.generator.write(chats, self.sampling, progress or Silent())
        fitted = [
            [fit(text, brief) for text in texts] for texts, brief in zip(drawn, briefs, strict=True)
        ]
        return {
            self.plain: [texts[0] for texts in fitted],
            self.best: [
                choose_best(texts, of_product, brief)
                for texts, of_product, brief in zip(fitted, evidence, briefs, strict=True)
            ],
        }

    def stream(self, evidence: Evidence, brief: Brief, on_text: Callable[[str], None]) -> str:
        """The likeliest text for one product, passed to `on_text` while it is written."""
        chat = self.prompt(evidence, brief)
        return fit(self.generator.stream(chat, self.sampling, on_text), brief)

    def sum_up(
        self, digest: ReviewDigest, product_id: str, brief: Brief, on_text: Callable[[str], None]
    ) -> tuple[str, Evidence]:
        """A summary of a product's reviews, and the evidence that it may rest on.

        It goes to `on_text` while it is written; sentences that no review supports are left out.
        """
        evidence = review_evidence(self.checker, digest, product_id, brief)
        text = ""
        if digest.opinions:
            text = self.generator.stream(review_prompt(digest, brief), self.sampling, on_text)
        return keep_supported(fit(text, brief), evidence), evidence

    def draft(self, role: str, request: str, on_text: Callable[[str], None]) -> str:
        """A short text that is not about a product; nothing of it is checked."""
        sampling = replace(self.sampling, new_tokens=DRAFT_TOKENS)
        return self.generator.stream(chat(role, request), sampling, on_text)

    def prompt(self, evidence: Evidence, brief: Brief) -> Messages:
        """The messages that the generator answers."""
        return write_prompt(evidence.shown, brief)

    def choose(self, evidence: Sequence[Evidence], progress: Progress) -> None:
        """Recommend the system with more texts that are informative, on some products.

        One text alone only where that is better by more than a standard error: of several, the one
        is taken that the facts support. Nothing is written where so few products tell nothing.
        """
        if len(evidence) < FEWEST_EXAMPLES:
            return
        brief = Brief(language=self.language)
        texts = self.write(evidence, [brief] * len(evidence), progress)

        scores = {}
        for system in (self.plain, self.best):
            verdicts = [judge(*pair) for pair in zip(texts[system], evidence, strict=True)]
            scores[system] = np.array([one.informative for one in verdicts], dtype=float)
        self.recommended = choose_simplest(scores, (self.best, self.plain))

    def save(self, folder: Path) -> None:
        """Write the tuned weights and what the systems need beside them."""
        self.generator.save(folder / "generator")
        about = {
            "model": self.model_id,
            "fact_frequencies": dict(self.fact_frequencies.rates),
            "sampling": vars(self.sampling),
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
    about = upgrade_writer(json.loads((folder / "bundle.json").read_text(encoding="utf-8")))
    return Writer(
        open_generator(about["model"], folder / "generator", progress),
        about["model"],
        tables,
        checker,
        FactFrequencies(about["fact_frequencies"]),
        SamplingConfig(**about["sampling"]),
        about["shown"],
        language,
        trained=True,
        recommended=about["recommended"],
    )


def tuned_writer(writer: Writer, generator: Generator) -> Writer:
    """A writer that knows the same of the shop and writes with a tuned generator."""
    return replace(writer, generator=generator, trained=True, recommended="")
