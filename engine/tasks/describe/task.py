"""What to say of a product: its facts → a text for a channel, a tone and a reader.

What imports torch is imported where it is used: a page asks this module for readiness and settings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from engine.claims import ClaimChecker, shop_checker
from engine.claims.vocabulary import readable
from engine.config import preset_settings, with_changes
from engine.errors import InputError
from engine.models.pretrained import default_generator, offered
from engine.models.work import Work
from engine.progress import Progress
from engine.reading.load import clean_file
from engine.tables.tables import Tables
from engine.tasks.base import Dataset, Explanation, Readiness
from engine.tasks.describe.brief import Brief, Language, read_brief
from engine.tasks.describe.claim_context import describable, open_shop
from engine.tasks.describe.config import PRESETS, QUICK_UNSPOKEN, UNSPOKEN, DescribeConfig
from engine.tasks.describe.evaluator import TextEvaluator
from engine.tasks.describe.evidence import Grounds, ground, split_facts
from engine.tasks.describe.examples import Lesson, teach
from engine.tasks.describe.prompts import write_prompt
from engine.tasks.describe.review_summary import hear_reviews, summarise
from engine.tasks.describe.selection import FEWEST_FACTS
from engine.tasks.describe.template import fill_template
from engine.tasks.readiness import next_goal, rate

if TYPE_CHECKING:
    from engine.models.generator_tuning import Pair
    from engine.tasks.describe.writer import Writer

READY, THIN = 200, 40
GIVEN = "given"


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
        """Ready from `READY` products with a description and facts on, missing below `THIN`."""
        found = len(describable(tables.products))
        counts = {"products": len(tables.products), "described": found}
        code = "describe.more_descriptions" if found else "describe.load_descriptions"
        lack = {"n": found, "want": next_goal(found, READY, THIN)}
        return rate(found, READY, THIN, counts, (code, lack))

    def dataset(self, tables: Tables, config: DescribeConfig) -> Dataset:
        """Products by family: lessons to learn, lessons to watch, and products to describe.

        Raises InputError with fewer than `THIN` products that can be learned from, or when no
        description holds a sentence that the facts support.
        """
        found = len(describable(tables.products))
        if found < THIN:
            raise InputError("describe.not_ready", n=found, want=THIN)
        shop = open_shop(tables, config.seed)
        language, shown = tables.language, config.shown_facts
        lessons = {
            part: list(
                islice(teach(shop.checker, shop.habit, shop.parts[part], language, shown), most)
            )
            for part, most in (
                ("train", config.max_examples),
                ("validation", max(config.held_out // 3, 1)),
            )
        }
        if not lessons["train"]:
            raise InputError("describe.nothing_supported", n=len(shop.parts["train"]))
        told = (ground(shop.checker, shop.habit, one, shown) for one in shop.parts["test"])
        test = list(islice(_tellable(told), config.held_out))
        if not test:
            raise InputError("describe.nothing_to_measure", want=FEWEST_FACTS)
        notes = [] if _speaks(config.model, language) else ["describe.weak_language"]
        return Dataset(
            self.name,
            _as_lessons(lessons["train"]),
            _as_lessons(lessons["validation"]),
            _as_examples(test),
            tables,
            notes=[*notes, "describe.baselines_are_true"],
        )

    def dataset_from(self, file: Path, tables: Tables, config: DescribeConfig) -> Dataset:
        """The products of a file, with facts of their own, beside what the shop learns from.

        The first `held_out` of those with enough facts are measured on.
        """
        known_columns = tables.mappings.get("products", {})
        products = clean_file("products", file, known_columns, skip_bad_rows=True)
        known = self.dataset(tables, config)
        checker = ClaimChecker.from_tables(replace(tables, frames={"products": products}))
        habit = open_shop(tables, config.seed).habit
        told = (ground(checker, habit, one, config.shown_facts) for one in products["product_id"])
        test = list(islice(_tellable(told), config.held_out))
        if not test:
            raise InputError("describe.nothing_to_measure", want=FEWEST_FACTS)
        return replace(known, test=_as_examples(test))

    def evaluator(self, dataset: Dataset) -> TextEvaluator:
        """The share of texts that are true and tell more than the title."""
        return TextEvaluator()

    def workload(self, dataset: Dataset, config: DescribeConfig) -> Work:
        """Lessons are read and learned once an epoch; texts are written untuned and tuned."""
        from engine.tasks.describe.cost import count_work

        language = dataset.tables.language
        return count_work(
            _pairs(dataset.train, language),
            _pairs(dataset.validation, language),
            2 * len(dataset.test) + len(dataset.validation),
            config,
            open_shop(dataset.tables, config.seed).seconds,
        )

    def baselines(
        self, dataset: Dataset, part: pd.DataFrame, config: DescribeConfig
    ) -> dict[str, list[str]]:
        """The title as it is, and the template of the product page."""
        brief = Brief(language=_language(dataset.tables))
        return {
            "copy_title": [grounds.title for grounds in part["grounds"]],
            "template": [fill_template(grounds.shown, brief) for grounds in part["grounds"]],
        }

    def untuned(self, tables: Tables, config: DescribeConfig, progress: Progress) -> Writer:
        """The pretrained generator as it is, told the same facts as a tuned one."""
        from engine.models.generator import SamplingConfig, load_generator
        from engine.tasks.describe.writer import Writer

        progress.stage("load")
        generator = load_generator(config.model, progress)
        shop = open_shop(tables, config.seed)
        return Writer(
            generator,
            config.model,
            tables,
            shop.checker,
            shop.habit,
            SamplingConfig(config.new_tokens, config.samples, config.temperature, config.top_k),
            config.shown_facts,
            _language(tables),
            trained=False,
        )

    def train(
        self, dataset: Dataset, config: DescribeConfig, folder: Path, progress: Progress
    ) -> Writer:
        """Tune the generator on the lessons, then choose between its systems on validation."""
        from engine.models.generator_tuning import tune_generator
        from engine.tasks.describe.writer import tuned_writer

        language = dataset.tables.language
        writer = self.untuned(dataset.tables, config, progress)
        tuned = tune_generator(
            writer.generator,
            _pairs(dataset.train, language),
            _pairs(dataset.validation, language),
            config,
            folder,
            progress,
        )
        found = tuned_writer(writer, tuned)
        progress.stage("choose")
        found.choose(list(dataset.validation["grounds"]), progress)
        return found

    def load(self, folder: Path, tables: Tables) -> Writer:
        """The writer saved in `folder`, with the facts of these tables."""
        from engine.tasks.describe.writer import open_writer

        return open_writer(folder, tables, shop_checker(tables), _language(tables))

    def outputs(self, bundle: Writer, part: pd.DataFrame) -> dict[str, list[str]]:
        """A product page text for every row of `part`, by every system of the bundle."""
        return bundle.write(list(part["grounds"]), [Brief(language=bundle.language)] * len(part))

    def predict(self, bundle: Writer, inputs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Per `{"product_id", "channel", "persona", "tone", "language"}` a text by every system.

        An input with a `text` has that one checked instead, as the system `given`. Each of
        `systems` holds `text`, `supported`, `facts_used` and its `claims`; the template is
        one of them. `text` is the recommended system's, `confidence` 1 where all its claims are
        supported, else their supported share.
        """
        asked = [_asked(bundle, item, row) for row, item in enumerate(inputs)]
        texts: list[dict[str, str]] = [
            {GIVEN: str(item["text"])} if item.get("text") else {} for item in inputs
        ]
        wanted = [row for row, given in enumerate(texts) if not given]
        if wanted:
            found = bundle.write(
                [asked[row][0] for row in wanted], [asked[row][1] for row in wanted]
            )
            for place, row in enumerate(wanted):
                texts[row] = {name: written[place] for name, written in found.items()}
                texts[row]["template"] = fill_template(asked[row][0].shown, asked[row][1])
        return [_answer(bundle, told, given) for (told, _), given in zip(asked, texts, strict=True)]

    def write(
        self, bundle: Writer, item: Mapping[str, Any], on_text: Callable[[str], None]
    ) -> dict[str, Any]:
        """As one answer of `predict`, with the likeliest text alone, heard while it is written.

        With `"about": "reviews"` a summary of the product's reviews beside one that only quotes.
        """
        told, brief = _asked(bundle, item, 0)
        if item.get("about") != "reviews":
            texts = {bundle.plain: bundle.stream(told, brief, on_text)}
            return _answer(bundle, told, texts | {"template": fill_template(told.shown, brief)})
        voices = hear_reviews(bundle.tables, told.product_id)
        text, heard = bundle.sum_up(voices, told.product_id, brief, on_text)
        return _answer(bundle, heard, {bundle.plain: text, "template": summarise(voices, brief)})

    def explain(self, bundle: Writer, item: Mapping[str, Any]) -> Explanation:
        """What the model is told of a product, each fact with how often descriptions tell it."""
        told, _ = _asked(bundle, item, 0)
        weights = [(fact.value, bundle.habit.rates.get(fact.source, 0.0)) for fact in told.shown]
        return Explanation(weights, {"facts": [asdict(fact) for fact in told.shown]})


def _speaks(model_id: str, language: str) -> bool:
    """Whether a generator knows a language; what the catalog does not list may know it."""
    known = {model.id: model.languages for model in offered("generator")}.get(model_id)
    return known is None or language in known


def _tellable(grounds: Iterator[Grounds]) -> Iterator[Grounds]:
    """Those that something can be told of beyond the title, as far as the check can see."""
    for told in grounds:
        stated = ". ".join(f"{readable(fact.name)}: {fact.value}" for fact in told.shown[1:])
        if told.used(stated) >= FEWEST_FACTS:
            yield told


def _as_examples(grounds: Sequence[Grounds]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "example_id": [told.product_id for told in grounds],
            "input": [told.title for told in grounds],
            "reference": [split_facts(told.checker.facts(told.product_id))[1] for told in grounds],
            "grounds": grounds,
        }
    )


def _as_lessons(lessons: Sequence[Lesson]) -> pd.DataFrame:
    frame = _as_examples([one.grounds for one in lessons])
    return frame.assign(
        channel=[one.channel for one in lessons], text=[one.text for one in lessons]
    )


def _pairs(part: pd.DataFrame, language: str) -> list[Pair]:
    from engine.models.generator_tuning import Pair

    return [
        Pair(write_prompt(told.shown, read_brief({"channel": channel}, language)), text)
        for told, channel, text in zip(part["grounds"], part["channel"], part["text"], strict=True)
    ]


def _language(tables: Tables) -> Language:
    """The language that a shop's copy is written in unless another is asked for."""
    return read_brief({}, tables.language).language


def _asked(bundle: Writer, item: Mapping[str, Any], row: int) -> tuple[Grounds, Brief]:
    product_id = item.get("product_id")
    if not isinstance(product_id, str) or not product_id.strip():
        raise InputError("tasks.no_text", row=row + 1, field="product_id")
    try:
        told = bundle.grounds(product_id)
    except KeyError:
        raise InputError("describe.unknown_product", product=product_id) from None
    return told, read_brief(item, bundle.language)


def _answer(bundle: Writer, told: Grounds, texts: Mapping[str, str]) -> dict[str, Any]:
    systems: dict[str, dict[str, Any]] = {}
    for name, text in texts.items():
        claims = told.claims(text)
        systems[name] = {
            "text": text,
            "supported": told.supported(text),
            "facts_used": told.used(text),
            "claims": [asdict(claim) for claim in claims],
        }
    names = (bundle.recommended, bundle.plain, GIVEN)
    best = systems[next(name for name in names if name in systems)]
    held = [claim["fact"] is not None for claim in best["claims"]]
    share = 1.0 if best["supported"] else sum(held) / len(held) if held else 0.0
    return {
        "product_id": told.product_id,
        "title": told.title,
        "text": best["text"],
        "confidence": share,
        "systems": systems,
        "facts": [asdict(fact) for fact in told.shown],
    }


TASK = DescribeTask()
