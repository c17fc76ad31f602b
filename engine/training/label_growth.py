"""What labels set by hand have brought so far: a head fitted anew after every few of them.

Only the head is: a logistic regression on the vectors of the untuned encoder learns in a moment.
Beside it the same head learns as many labels in random order, drawn from what else is known. Both
start from the same examples and are measured on the validation part, so no test is spent.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from engine.evaluation.classification import macro_f1
from engine.progress import Progress
from engine.storage.summaries import served
from engine.storage.workspace import Workspace
from engine.tasks import get_task
from engine.tasks.classify.task import ClassificationTask, text_vectors
from engine.text.words import normalise
from engine.training.answers import GROWTH_STEP, GrowthInput, LabelGrowth

ORDERS = 5
# Of these the head starts: with more of them, ten labels would hardly be seen.
MOST_START = 300
PENALTY = 10.0


def measure_growth(workspace: Workspace, item: GrowthInput, progress: Progress) -> LabelGrowth:
    """The head's macro-F1 on validation after each `GROWTH_STEP` labels set by hand, and at random.

    Labels of texts that are held out teach nothing and are left out. Without `GROWTH_STEP` others
    there is nothing to show but the start. Raises InputError for data that allow no training.
    """
    task, tables = get_task(item.task), served(workspace, workspace.tables())
    assert isinstance(task, ClassificationTask)  # noqa: S101 - only their labels are set by hand
    config = task.config("quick", tables)
    dataset = task.dataset(tables, config)
    train, validation = (_labelled(part, item.head) for part in (dataset.train, dataset.validation))
    hand = tables.corrections
    order = hand.loc[(hand["task"] == item.task) & (hand["head"] == item.head), "input"]
    places = {text: place for place, text in enumerate(order.map(normalise))}
    place = train["input"].map(normalise).map(places)
    by_hand = train[place.notna()].iloc[np.argsort(place.dropna().to_numpy(), kind="stable")]
    others = train[place.isna()].sample(frac=1, random_state=config.seed)
    start = others.head(min(len(others) // 2, MOST_START))
    pool = others.iloc[len(start) :]
    progress.stage("encode")
    encode = text_vectors(config, progress)
    texts = dict.fromkeys([*train["input"], *validation["input"]])
    vectors = dict(zip(texts, encode(list(texts)), strict=True))
    measured = np.array([vectors[text] for text in validation["input"]])

    def score(*parts: pd.DataFrame) -> float:
        progress.check()
        rows = pd.concat(parts)
        head = LogisticRegression(C=PENALTY, max_iter=300)
        head.fit(np.array([vectors[text] for text in rows["input"]]), rows["label"])
        return macro_f1(validation["label"], head.predict(measured))

    most = min(len(by_hand), len(pool)) // GROWTH_STEP * GROWTH_STEP
    sizes = list(range(0, most + 1, GROWTH_STEP))
    drawn = [pool.sample(frac=1, random_state=seed) for seed in range(ORDERS)]
    random = [[score(start, rows.head(size)) for rows in drawn] for size in sizes]
    return LabelGrowth(
        sizes=sizes,
        by_hand=[score(start, by_hand.head(size)) for size in sizes],
        at_random=_mean(random),
        random_low=[min(scores) for scores in random],
        random_high=[max(scores) for scores in random],
        n_start=len(start),
        n_validation=len(validation),
    )


def _labelled(part: pd.DataFrame, head: str) -> pd.DataFrame:
    """The rows with a truth under `head`, which is their `label`."""
    rows = part.loc[part[f"truth.{head}"].notna(), ["input", f"truth.{head}"]]
    return rows.set_axis(["input", "label"], axis=1)


def _mean(rows: Sequence[Sequence[float]]) -> list[float]:
    return [float(np.mean(row)) for row in rows]
