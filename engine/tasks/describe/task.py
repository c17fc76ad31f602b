"""What to say of a product: its facts → a text for a channel, a tone and a reader.

What imports torch is imported where it is used: a page asks this module for readiness and settings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from engine.claims import shop_checker
from engine.config import preset_settings, with_changes
from engine.errors import InputError
from engine.evaluation.one_error import FEWEST_EXAMPLES
from engine.models.pretrained import default_generator, offered
from engine.models.work import Work
from engine.progress import Progress
from engine.tables.tables import Tables
from engine.tasks.base import Dataset, Readiness
from engine.tasks.describe.answering import answer, explain
from engine.tasks.describe.answers import (
    GIVEN,
    TEMPLATE,
    CopyInput,
    DescribeAnswer,
    DescribeExplanation,
    DescribeInput,
    Draft,
    DraftInput,
    WriteInput,
)
from engine.tasks.describe.brief import Brief, copy_language
from engine.tasks.describe.claim_context import describable, open_claim_context
from engine.tasks.describe.config import PRESETS, QUICK_UNSPOKEN, UNSPOKEN, DescribeConfig
from engine.tasks.describe.dataset import (
    FEWEST_PRODUCTS,
    dataset_of_file,
    make_dataset,
    training_pairs,
)
from engine.tasks.describe.evaluator import TextEvaluator
from engine.tasks.describe.evidence import Evidence
from engine.tasks.describe.review_summary import digest_reviews, summarise
from engine.tasks.describe.template import fill_template
from engine.tasks.readiness import next_goal, rate

if TYPE_CHECKING:
    from engine.tasks.describe.writer import Writer

READY = 200


class DescribeTask:
    """The describe task; see `engine.tasks.base.Task` for the contract."""

    name = "describe"

    def config(self, preset: str, tables: Tables, **changes: object) -> DescribeConfig:
        """The settings of a preset, with changes."""
        start = {"model": default_generator(tables.language)} | preset_settings(PRESETS, preset)
        if not _speaks(str(changes.get("model") or start["model"]), tables.language):
            start |= dict(UNSPOKEN) | dict(QUICK_UNSPOKEN if preset == "quick" else {})
        return with_changes(DescribeConfig.model_validate(start), changes)

    def readiness(self, tables: Tables) -> Readiness:
        """Ready from `READY` products with a description and facts on.

        Missing below `FEWEST_PRODUCTS` of them.
        """
        described = len(describable(tables.products))
        counts = {"products": len(tables.products), "described": described}
        code = "describe.more_descriptions" if described else "describe.load_descriptions"
        lack = {"n": described, "want": next_goal(described, READY, FEWEST_PRODUCTS)}
        return rate(described, READY, FEWEST_PRODUCTS, counts, (code, lack))

    def dataset(self, tables: Tables, config: DescribeConfig) -> Dataset:
        """Products by family; see `engine.tasks.describe.dataset.make_dataset`."""
        notes = [] if _speaks(config.model, tables.language) else ["describe.weak_language"]
        return make_dataset(tables, config, [*notes, "describe.baselines_are_true"])

    def dataset_from(self, file: Path, tables: Tables, config: DescribeConfig) -> Dataset:
        """The products of a file, with facts of their own, beside what the shop learns from.

        The first `held_out` of those with enough facts are measured on.
        """
        return dataset_of_file(self.dataset(tables, config), file, config)

    def evaluator(self, dataset: Dataset) -> TextEvaluator:
        """The share of texts that are true and tell more than the title."""
        return TextEvaluator()

    def workload(self, dataset: Dataset, config: DescribeConfig) -> Work:
        """Examples are read and learned once an epoch; texts are written untuned and tuned."""
        from engine.tasks.describe.cost import count_work

        language = dataset.tables.language
        compared = [dataset.validation] if len(dataset.validation) >= FEWEST_EXAMPLES else []
        return count_work(
            training_pairs(dataset.train, language),
            training_pairs(dataset.validation, language),
            [len(part) for part in (dataset.test, dataset.test, *compared)],
            config,
            open_claim_context(dataset.tables, config.seed).seconds,
        )

    def baselines(
        self, dataset: Dataset, part: pd.DataFrame, config: DescribeConfig
    ) -> dict[str, list[str]]:
        """The title as it is, and the template of the product page."""
        brief = Brief(language=copy_language(dataset.tables.language))
        return {
            "copy_title": [evidence.title for evidence in part["evidence"]],
            TEMPLATE: [fill_template(evidence.shown, brief) for evidence in part["evidence"]],
        }

    def untuned(self, tables: Tables, config: DescribeConfig, progress: Progress) -> Writer:
        """The pretrained generator as it is, told the same facts as a tuned one."""
        from engine.models.generator import SamplingConfig, load_generator
        from engine.tasks.describe.writer import Writer

        progress.stage("load")
        generator = load_generator(config.model, progress)
        context = open_claim_context(tables, config.seed)
        return Writer(
            generator,
            config.model,
            tables,
            context.checker,
            context.fact_frequencies,
            SamplingConfig(config.new_tokens, config.samples, config.temperature, config.top_k),
            config.shown_facts,
            copy_language(tables.language),
            trained=False,
        )

    def train(
        self, dataset: Dataset, config: DescribeConfig, folder: Path, progress: Progress
    ) -> Writer:
        """Tune the generator on the examples, then choose between its systems on validation."""
        from engine.models.spreading import tune
        from engine.models.tunings import GeneratorTuning
        from engine.tasks.describe.writer import tuned_writer

        language = dataset.tables.language
        untuned = self.untuned(dataset.tables, config, progress)
        train, validation = (
            training_pairs(part, language) for part in (dataset.train, dataset.validation)
        )
        tuning = GeneratorTuning(train, validation, config)
        generator = tune(tuning, untuned.generator, folder, progress)
        writer = tuned_writer(untuned, generator)
        progress.stage("choose")
        writer.choose(list(dataset.validation["evidence"]), progress)
        return writer

    def load(self, folder: Path, tables: Tables) -> Writer:
        """The writer saved in `folder`, with the facts of these tables."""
        from engine.tasks.describe.writer import open_writer

        return open_writer(folder, tables, shop_checker(tables), copy_language(tables.language))

    def outputs(self, bundle: Writer, part: pd.DataFrame) -> dict[str, list[str]]:
        """A product page text for every row of `part`, by every system of the bundle."""
        return bundle.write(list(part["evidence"]), [Brief(language=bundle.language)] * len(part))

    def predict(self, bundle: Writer, inputs: Sequence[DescribeInput]) -> list[DescribeAnswer]:
        """Per product a text by every system and the template, or a check of the text it brings."""
        evidence = [_evidence(bundle, item) for item in inputs]
        texts = [{GIVEN: item.text} if item.text else {} for item in inputs]
        rows = [row for row, item in enumerate(inputs) if not item.text]
        if rows:
            briefs = [inputs[row].brief(bundle.language) for row in rows]
            written = bundle.write([evidence[row] for row in rows], briefs)
            for place, row in enumerate(rows):
                texts[row] = {system: of_all[place] for system, of_all in written.items()}
                texts[row][TEMPLATE] = fill_template(evidence[row].shown, briefs[place])
        return [
            answer(evidence[row], texts[row], GIVEN if item.text else bundle.recommended)
            for row, item in enumerate(inputs)
        ]

    def write(
        self, bundle: Writer, item: WriteInput, on_text: Callable[[str], None]
    ) -> DescribeAnswer:
        """The likeliest text alone, passed to `on_text` while it is written, and the template.

        About reviews: a summary of them, beside one that only quotes.
        """
        evidence, brief = _evidence(bundle, item), item.brief(bundle.language)
        if item.about == "reviews":
            digest = digest_reviews(bundle.tables, item.product_id)
            text, evidence = bundle.sum_up(digest, item.product_id, brief, on_text)
            baseline = summarise(digest, brief)
        else:
            text = bundle.stream(evidence, brief, on_text)
            baseline = fill_template(evidence.shown, brief)
        return answer(evidence, {bundle.plain: text, TEMPLATE: baseline}, bundle.plain)

    def draft(self, bundle: Writer, item: DraftInput, on_text: Callable[[str], None]) -> Draft:
        """Whatever short text is asked for, passed to `on_text` while it is written."""
        return Draft(bundle.draft(item.role, item.request, on_text))

    def explain(self, bundle: Writer, item: CopyInput) -> DescribeExplanation:
        """What the model is told of a product, each fact with how often descriptions tell it."""
        return explain(_evidence(bundle, item), bundle.fact_frequencies)


def _speaks(model_id: str, language: str) -> bool:
    """Whether a generator knows a language; what the catalog does not list may know it."""
    languages = {model.id: model.languages for model in offered("generator")}.get(model_id)
    return languages is None or language in languages


def _evidence(bundle: Writer, item: CopyInput) -> Evidence:
    try:
        return bundle.evidence(item.product_id)
    except KeyError:
        raise InputError("describe.unknown_product", product=item.product_id) from None


TASK = DescribeTask()
