"""What shoppers typed: the queries of the shop's log, most frequent first."""

import pandas as pd

from engine.labelling.labels import collect_queries
from engine.storage.workspace import Workspace
from pages.ui.frame import session


@session.per_shop()
def queries(current: Workspace) -> pd.DataFrame:
    """Columns `query` (normalised), `input` (as typed), `count`, `first_seen`."""
    log = collect_queries(session.tables(current))
    return log.sort_values(["count", "query"], ascending=[False, True], ignore_index=True)
