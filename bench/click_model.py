"""How well the click model predicts sessions it hasn't seen, against clicks by position alone.

`python bench/click_model.py SEARCHES [--seed 0]`

The log is mapped and cleaned as `load` does. The model learns from four sessions of five and is
measured on the fifth. Printed are both perplexities (1 is perfect), the share of the distance to 1
that the model closes with its 95 % interval, and the perplexity by position.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from engine.bandit.impressions import read_impressions
from engine.bandit.perplexity import measure_perplexity
from engine.progress import Lines
from engine.reading.load import load_files
from engine.storage.workspace import Workspace


def main() -> None:
    """Print the check as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("searches", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SHOPLAB_HOME"] = folder
        shop = Workspace.create("clicks")
        load_files(shop, {"searches": options.searches}, {}, skip_bad_rows=True, progress=Lines())
        searches = shop.tables().searches
    started = time.perf_counter()
    shown = read_impressions(searches)
    measured = measure_perplexity(shown, seed=options.seed)
    report = {
        "rows": len(searches),
        "impressions": len(shown),
        "clicks": int(shown["clicked"].sum()),
        "queries": int(shown["query"].nunique()),
        "held_out_sessions": measured.sessions,
        "perplexity": round(measured.perplexity, 5),
        "position_only": round(measured.position_only, 5),
        "gain": [round(value, 4) for value in (measured.gain, measured.low, measured.high)],
        "seconds": round(time.perf_counter() - started, 1),
        "by_position": [round(value, 4) for value in measured.positions],
        "position_only_by_position": [round(value, 4) for value in measured.positions_only],
    }
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
