"""What was measured of an exported model: every system on the held-out examples, and differences.

A run recommends a system that may have other parts beside the tuned model, such as word matching.
The model that is taken home answers without those, so it is compared as such.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.evaluation.compare import Interval, against_all, metric_interval
from engine.evaluation.heldout import systems_of
from engine.model_export.source import SYSTEM
from engine.storage.runs import Run, load_heldout
from engine.storage.workspace import Workspace
from engine.tasks import ENTRIES

UNTUNED_TWIN = "untuned"


@dataclass(frozen=True)
class Measured:
    """The primary metric of every system with its 95 % interval, the best first.

    `against` is the exported model minus each other system; empty where it was not measured alone.
    `hardest` is the baseline that is hardest to beat, and may be compared with.
    """

    values: Mapping[str, tuple[float, float, float]]
    against: Mapping[str, Interval]
    hardest: str

    @property
    def tuning(self) -> Interval | None:
        """The exported model minus the same one without tuning."""
        return self.against.get(UNTUNED_TWIN)


def measure(workspace: Workspace, run: Run) -> Measured:
    """Measure `run` for the card of its model; empty where its held-out rows are gone."""
    try:
        heldout = load_heldout(workspace, run.run_id)
    except OSError:
        return Measured({}, {}, "")
    systems = systems_of(heldout)
    values = {name: metric_interval(heldout, name) for name in systems}
    order = sorted(systems, key=lambda name: values[name][0], reverse=True)
    against = against_all(heldout, SYSTEM, order) if SYSTEM in systems else {}
    unfair = ENTRIES[run.task].unfair_baselines
    rivals = {name: against[name] for name in run.baselines if name in against}
    fair = {name: one for name, one in rivals.items() if name not in unfair}
    # As in `engine.training.outcome`: one that is clearly better first, then the closest.
    ranks = {name: (one.verdict != "worse", one.low) for name, one in fair.items()}
    hardest = min(ranks, key=ranks.__getitem__, default="")
    return Measured({name: values[name] for name in order}, against, hardest)
