"""What a sweep says: whether the chosen setting is better, or the best of a few by luck."""

from collections.abc import Mapping
from typing import Any

from engine.messages import name_of, say
from engine.storage.sweeps import Sweep


def say_sweep(sweep: Sweep, language: str) -> str:
    """The choice in a sentence, with the luck of the best of so many."""
    chosen = sweep.trials[sweep.chosen]
    return say(
        f"sweep.{'clear' if sweep.lead > sweep.luck else 'luck'}",
        language,
        chosen=say_changes(chosen.changes, language),
        metric=name_of(f"metrics.{sweep.primary_metric}", language, sweep.primary_metric),
        value=f"{chosen.value:.3f}",
        n=f"{sweep.n_validation:,}",
        trials=len(sweep.trials),
        lead=f"{sweep.lead:.3f}",
        luck=f"{sweep.luck:.3f}",
    )


def say_changes(changes: Mapping[str, Any], language: str) -> str:
    """The settings of a trial by name: `Epochs = 3, Batch size = 16`."""
    return ", ".join(
        f"{name_of(f'config.{name}.name', language, name)} = {value}"
        for name, value in changes.items()
    )
