"""What `attributes` makes of the media type of films, music and games, from their names alone.

`python bench/media_type.py PRODUCTS [--most 550] [--set KEY=VALUE ...] [--out FILE]`

The media type stands at the end of the names ("- CD", "- DVD", "- Blu-ray Disc"); it is cut off and
becomes a column of its own, and is then to be told from what is left. A name that was sold as
several media has no right answer and is left out. Films and music are a hundred times as many as
the rarest games: `--most` names of each are taken, of which 1,800 are learned from. Prints every
system and the baselines on the held-out products, which one the app recommends, and how it does
against the others.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

import pandas as pd

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from engine.models.pretrained import models_folder  # noqa: E402
from engine.progress import Lines  # noqa: E402
from engine.reading.load import load_files  # noqa: E402
from engine.reading.mapping import guess  # noqa: E402
from engine.reading.reader import read_table  # noqa: E402
from engine.storage.workspace import Workspace  # noqa: E402
from engine.training.run import train_run  # noqa: E402

MEDIA = (
    "Blu-ray Disc",
    "CD",
    "DVD",
    "Mac/Windows",
    "Nintendo DS",
    "Nintendo Wii",
    "PlayStation 3",
    "VINYL",
    "Windows",
)


def cut_media(names: pd.Series, most: int) -> pd.DataFrame:
    """`most` names of each of `MEDIA` without their suffix, and the suffix as `media_type`.

    A name comes once, and only if it has one media type.
    """
    parts = names.dropna().str.rsplit(" - ", n=1, expand=True)
    frame = pd.DataFrame({"title": parts[0].str.strip(), "media_type": parts[1].str.strip()})
    frame = frame[frame["media_type"].isin(MEDIA) & (frame["title"] != "")]
    frame = frame[frame.groupby("title")["media_type"].transform("nunique") == 1]
    frame = frame.drop_duplicates("title")
    frame = frame.assign(id=[f"M{row}" for row in frame.index]).sample(frac=1, random_state=0)
    return frame.groupby("media_type").head(most).sort_index()


def main() -> None:
    """Prepare the file, load it, train, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("products", type=Path)
    parser.add_argument("--most", type=int, default=550, help="names of each media type")
    parser.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE", dest="changes")
    parser.add_argument("--out", type=Path, help="a JSON file for the run's record")
    options = parser.parse_args()
    frame = read_table(options.products).frame
    media = cut_media(frame[guess("products", frame).fields["title"]], options.most)
    print(media["media_type"].value_counts().to_string(), "\n", flush=True)
    changes = dict(change.split("=", 1) for change in options.changes)
    # Models stay where they are; everything else is made for this and thrown away.
    os.environ["SHOPLAB_MODELS"] = str(models_folder())
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SHOPLAB_HOME"] = folder
        file = Path(folder) / "media.csv"
        media.to_csv(file, index=False)
        shop = Workspace.create("media", "en")
        load_files(shop, {"products": file}, skip_bad_rows=True)
        run = train_run(shop, "attributes", {"field": "media_type"} | changes, Lines())
    found = pd.DataFrame(run.baselines | run.systems).T[["macro_f1", "accuracy", "log_loss", "ece"]]
    print(found.round(4).to_string())
    print(f"\nrecommended: {run.recommended} ({run.seconds:.0f} s, {run.n_train} training rows)")
    print(pd.DataFrame(run.paired["against"]).T.round(4).to_string())
    if options.out:
        options.out.write_text(json.dumps(run.as_json(), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
