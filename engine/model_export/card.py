"""The model card: README.md of an exported folder, in the form that the Hugging Face Hub reads."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from engine.evaluation.compare import Interval
from engine.messages import name_of, say
from engine.model_export.measurement import Measured
from engine.model_export.source import SYSTEM, Source
from engine.tasks import ENTRIES
from engine.text.markdown import escape_markdown

MOST_LABELS = 60
_LIBRARY = {
    "encoder": ("sentence-transformers", "sentence-similarity"),
    "classifier": ("transformers", "text-classification"),
    "adapter": ("peft", "text-generation"),
    "generator": ("transformers", "text-generation"),
    "gguf": ("gguf", "text-generation"),
}
# The hub's names of licences are in lower case.
_UNKNOWN_LICENCE = "other"


def write_card(
    source: Source, measured: Measured, code: str, shop_language: str, language: str
) -> str:
    """The card of `source` in `language`, with the lines of `code` that load it."""
    run = source.run
    base = escape_markdown(source.base_name)
    sections = [
        _front_matter(source, shop_language),
        f"# {_text('title', language, task=_task(source, language), base=base)}",
        _text(f"kinds.{source.kind}", language),
        _heading("load", language),
        _text("load_about", language),
        f"```python\n{code}```",
        _heading("helped", language),
        *_verdict(source, measured, language),
        _table(
            _texts(("system", "value", "difference"), language),
            _system_rows(source, measured, language),
        ),
        _text("interval", language, n=run.n_test),
        *_labels(source, language),
        _heading("data", language),
        _table(_texts(("what", "is"), language), _facts(source, shop_language, language)),
        _heading("limits", language),
        "\n".join(f"- {line}" for line in _limits(source, language)),
        _heading("settings", language),
        _table(
            _texts(("setting", "is"), language),
            [
                (
                    name_of(f"config.{name}.name", language, name),
                    name_of(f"config.choices.{name}.{value}", language, str(value)),
                )
                for name, value in run.config.items()
                if name != "model"
            ],
        ),
    ]
    return "\n\n".join(sections) + "\n"


def _front_matter(source: Source, shop_language: str) -> str:
    library, pipeline = _LIBRARY[source.kind]
    languages = {"mixed": ["zh", "en"]}.get(shop_language, [shop_language])
    fields: dict[str, object] = {
        "license": source.licence.lower() or _UNKNOWN_LICENCE,
        "language": languages,
        "library_name": library,
        "pipeline_tag": pipeline,
        "tags": ["shoplab", "e-commerce", source.run.task],
    }
    if source.base_on_hub:
        fields["base_model"] = source.base_on_hub
    lines = [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in fields.items()]
    return "\n".join(["---", *lines, "---"])


def _verdict(source: Source, measured: Measured, language: str) -> list[str]:
    run = source.run
    if SYSTEM not in measured.values:
        return [_text("not_measured", language)]
    values = {
        "metric": name_of(f"metrics.{run.primary_metric}", language, run.primary_metric),
        "value": f"{measured.values[SYSTEM][0]:.3f}",
    }
    verdicts = []
    if measured.tuning is not None:
        code = f"tuning.{measured.tuning.verdict}"
        verdicts.append(_text(code, language, difference=_interval(measured.tuning), **values))
    if measured.hardest:
        interval = measured.against[measured.hardest]
        baseline = _system(measured.hardest, language)
        code = f"baseline.{interval.verdict}"
        verdicts.append(_text(code, language, baseline=baseline, difference=_interval(interval)))
    if run.recommended != SYSTEM:
        system = _system(run.recommended, language)
        verdicts.append(_text("recommended", language, system=system))
    return verdicts


def _system_rows(source: Source, measured: Measured, language: str) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for name, (value, low, high) in measured.values.items():
        unfair = name in ENTRIES[source.run.task].unfair_baselines
        code = "this_model" if name == SYSTEM else "unfair" if unfair else ""
        mark = f" ({_text(code, language)})" if code else ""
        against = measured.against.get(name)
        rows.append(
            (
                _system(name, language) + mark,
                f"{value:.3f} [{low:.3f}, {high:.3f}]",
                _interval(against) if against else "",
            )
        )
    return rows


def _labels(source: Source, language: str) -> list[str]:
    if source.kind != "classifier":
        return []
    lines = []
    for head, labels in source.about["labels"].items():
        name = escape_markdown(name_of(f"heads.{head}", language, head))
        listed = ", ".join(map(escape_markdown, labels[:MOST_LABELS]))
        more = f", … ({len(labels):,})" if len(labels) > MOST_LABELS else ""
        lines.append(f"- **{name}**: {listed}{more}")
    return [_heading("labels", language), _text("labels_about", language), "\n".join(lines)]


def _facts(source: Source, shop_language: str, language: str) -> list[tuple[object, ...]]:
    run = source.run
    counts = {"train": run.n_train, "validation": run.n_validation, "test": run.n_test}
    facts = {
        "task": _task(source, language),
        "base": source.base_on_hub or source.base_name,
        "licence": source.licence or _text("licence_unknown", language),
        "run": run.run_id,
        "trained": f"{datetime.fromtimestamp(run.created, UTC):%Y-%m-%d %H:%M} UTC",
        "fingerprint": run.data_fingerprint,
        "test_fingerprint": run.test_fingerprint,
        "examples": _text("counts", language, **{name: f"{n:,}" for name, n in counts.items()}),
        "language": shop_language,
    }
    return [(_text(f"facts.{name}", language), value) for name, value in facts.items()]


def _limits(source: Source, language: str) -> Iterable[str]:
    tokens = source.run.config.get("max_tokens", "")
    yield _text(f"limit.{source.kind}", language, tokens=tokens)
    if source.about.get("mark"):
        yield _text("limit.mark", language, mark=escape_markdown(source.about["mark"]))
    if source.carries_base:
        yield _text("limit.carries_base", language, base=escape_markdown(source.base_name))
    for code in ("shop", "test", "precision"):
        yield _text(f"limit.{code}", language)


def _task(source: Source, language: str) -> str:
    return name_of(f"{source.run.task}.name", language, source.run.task)


def _system(name: str, language: str) -> str:
    return name_of(f"systems.{name}", language, name)


def _interval(one: Interval) -> str:
    return f"{one.delta:+.3f} [{one.low:+.3f}, {one.high:+.3f}]"


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *([escape_markdown(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _texts(codes: Sequence[str], language: str) -> list[str]:
    return [_text(f"columns.{code}", language) for code in codes]


def _heading(code: str, language: str) -> str:
    return f"## {_text(f'headings.{code}', language)}"


def _text(code: str, language: str, **values: object) -> str:
    return say(f"model_export.card.{code}", language, **values)
