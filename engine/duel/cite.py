"""A duel as evidence: a comparison if people voted, a simulation if simulated shoppers did."""

import time

from engine.duel.duel import Duel, Standing, Voters
from engine.evidence.citation import Citation, of_team
from engine.storage.runs import UNTUNED

METRIC = "duel_lead"


def cite_duel(duel: Duel, standing: Standing, voters: Voters) -> Citation:
    """How many more lists of a hundred the first side won than the second: 2 · share - 1."""
    share = standing.share
    # Another team's run is in another shop; the rankings that were judged are in this one.
    runs = tuple(side.run for side in (duel.first, duel.second) if not side.team)
    return Citation(
        kind="comparison" if voters == "people" else "simulation",
        source_id=f"duel:{duel.duel_id}:{voters}",
        task="search",
        system=of_team(duel.first.system, duel.first.team),
        against=of_team(duel.second.system, duel.second.team),
        metric=METRIC,
        value=2 * share.value - 1,
        low=2 * share.low - 1,
        high=2 * share.high - 1,
        unit="difference",
        data_fingerprint=duel.data_fingerprint,
        created=time.time(),
        page="duel",
        parameters={"duel": duel.duel_id},
        n=standing.decided,
        runs=tuple(run for run in runs if run != UNTUNED),
    )
