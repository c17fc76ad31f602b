"""The held-out products of a run: clicks before, predicted probability, places."""

import json

import pandas as pd

from engine.storage.runs import Run, load_heldout
from engine.storage.workspace import Workspace
from pages.ui.frame import session

TOP = 3


@session.per_shop()
def shown_products(current: Workspace, run: Run) -> pd.DataFrame | None:
    """One row per product of a held-out page; None for a run of an older version.

    `chance` and `place` are the recommended system's, `popular` the place by clicks so far, places
    from 1; `clicked` and `new` (nobody had clicked it by then) are true or false.
    """
    heldout, system = load_heldout(current, run.run_id), run.recommended
    names = (f"{system}.chances", "known.clicks", "truth", "clicked", system)
    if not {*names, "known.history", "tuned_blind.score"} <= set(heldout):
        return None
    columns = [[json.loads(text) for text in heldout[name].tolist()] for name in names]
    rows = []
    for chances, clicks, truth, popular, best in zip(*columns, strict=True):
        by_clicks = {name: place for place, name in enumerate(popular, start=1)}
        places = {name: place for place, name in enumerate(best, start=1)}
        rows += [
            (chance, places.get(name), by_clicks.get(name), truth[name] > 0, not clicks[name])
            for name, chance in chances.items()
        ]
    return pd.DataFrame(rows, columns=["chance", "place", "popular", "clicked", "new"])
