"""What shoppers typed: the queries of the shop's log, most frequent first."""

import pandas as pd

from engine.labelling.labels import frequent_queries
from engine.storage.workspace import Workspace
from pages.ui.frame import session


@session.per_shop()
def queries(current: Workspace) -> pd.DataFrame:
    """Columns `query` (normalised), `input` (as typed), `count`, `first_seen`; of the top 2,000."""
    return frequent_queries(session.tables(current))
