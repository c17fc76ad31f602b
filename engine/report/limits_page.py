"""The last page: on which data, with which settings, and what the report cannot say."""

from collections.abc import Sequence

from engine.evidence.data_history import current_fingerprint
from engine.messages import name_of
from engine.report.content import Page, Table, Text
from engine.report.words import task_name, text
from engine.storage.runs import Run
from engine.storage.workspace import Workspace

_LIMITS = ("heldout", "offline", "chance", "grey", "case")
# Settings that every task has, and that say most about a training.
_SETTINGS = ("adapter", "epochs", "batch_size", "learning_rate", "max_examples", "seed")


def limits_page(workspace: Workspace, runs: Sequence[Run], language: str) -> Page:
    """Fingerprints and settings of the data and of `runs`, and the limits."""
    fingerprint = current_fingerprint(workspace)
    blocks: list[Text | Table] = [
        Text(fingerprint, text("limits.fingerprint", language)),
        Text("\n".join(f"– {text(f'limits.{code}', language)}" for code in _LIMITS)),
    ]
    if runs:
        rows = [
            (
                task_name(run.task, language),
                run.run_id,
                run.model,
                _settings(run, language),
                text(
                    "limits.fingerprints",
                    language,
                    data=run.data_fingerprint,
                    test=run.test_fingerprint,
                ),
            )
            for run in runs
        ]
        head = ("task", "run", "model", "settings", "fingerprints")
        names = tuple(text(f"columns.{name}", language) for name in head)
        blocks.append(Table(text("limits.table", language), names, tuple(rows)))
    return Page("limits", text("limits.title", language), tuple(blocks))


def _settings(run: Run, language: str) -> str:
    parts = [name_of(f"config.choices.preset.{run.config.get('preset')}", language, "")]
    for name in _SETTINGS:
        if name in run.config:
            value = str(run.config[name])
            label = name_of(f"config.{name}.name", language, name)
            parts.append(f"{label} {name_of(f'config.choices.{name}.{value}', language, value)}")
    return " · ".join(part for part in parts if part)
