"""Our sentiment tuning beside `transformers.Trainer` with its defaults: same rows, same cores.

`python bench/sentiment_speed.py REVIEWS [--map reviews.FIELD=COLUMN ...] [--only LABEL ...]
    [--set KEY=VALUE ...] [--rows N] [--seeds 1 2 ...] [--out FILE]`

The file is mapped, cleaned and split as a training would. Then, in one run:

- `trainer`: `AutoModelForSequenceClassification` on the same pretrained weights, `Trainer` with
  `TrainingArguments` as they come (3 epochs, batches of 8, rate 5e-5, random order, and
  `DataCollatorWithPadding`, which pads to the longest text of a batch); only reports and
  checkpoints are off. It reads as many tokens of a text as ours.
- `ours`: what the task trains with the quick preset: frozen layers' output kept, batches of like
  length, attention pooling. Its time holds the preparation too, but not the linear members, which
  the other has not. `ours` is answered by the tuned part alone.

Prints seconds (wall and processor), macro-F1 on the held-out reviews with the paired interval of
the difference, and the ratio of the seconds. Each of `--seeds` is a split and a training of its
own: seconds and macro-F1 are means, and the interval is over the held-out reviews of all.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    PrinterCallback,
    Trainer,
    TrainingArguments,
)

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from engine.evaluation.classification_evaluator import ClassificationEvaluator  # noqa: E402
from engine.evaluation.compare import paired_interval  # noqa: E402
from engine.evaluation.evaluator import score_systems  # noqa: E402
from engine.labelling.labelled_texts import examples_of  # noqa: E402
from engine.labelling.review_labels import HEAD  # noqa: E402
from engine.models.classifier import train_classifier, trunk_depth  # noqa: E402
from engine.models.encoder import load_encoder  # noqa: E402
from engine.models.pretrained import fetch, models_folder  # noqa: E402
from engine.models.trunk import Trunk  # noqa: E402
from engine.progress import Silent  # noqa: E402
from engine.reading.load import load_files  # noqa: E402
from engine.storage.workspace import Workspace  # noqa: E402
from engine.tables.tables import Tables  # noqa: E402
from engine.tasks import get_task  # noqa: E402
from engine.tasks.base import Dataset  # noqa: E402

TASK = get_task("sentiment")

Answers = dict[str, dict[str, pd.DataFrame]]


def tune_ours(dataset: Dataset, config: Any, folder: Path) -> Callable[[], np.ndarray]:
    """Train as the task does; gives what labels the held-out reviews, as probabilities."""
    encoder = load_encoder(config.model, config.max_tokens)
    sizes = {head: len(names) for head, names in dataset.labels.items()}
    train, validation = (
        examples_of(part, dataset.labels) for part in (dataset.train, dataset.validation)
    )
    trunk = Trunk(encoder, trunk_depth(encoder, config))
    found = train_classifier(trunk, sizes, train, validation, config, folder, Silent())
    return lambda: np.exp(found.scores(dataset.test["input"].tolist())[HEAD])


def tune_theirs(dataset: Dataset, config: Any, folder: Path) -> Callable[[], np.ndarray]:
    """Train with the Trainer's defaults; gives the same as `tune_ours`."""
    labels = dataset.labels[HEAD]
    source = str(fetch(config.model, Silent()))
    tokenizer = AutoTokenizer.from_pretrained(source)
    # In full precision, as ours: the half precision of a checkpoint cannot be trained.
    model = AutoModelForSequenceClassification.from_pretrained(
        source, num_labels=len(labels), dtype=torch.float32
    )

    def rows(part: pd.DataFrame) -> list[dict[str, Any]]:
        read = tokenizer(part["input"].tolist(), truncation=True, max_length=config.max_tokens)
        codes = [labels.index(label) for label in part[f"label.{HEAD}"]]
        return [
            {"input_ids": ids, "attention_mask": mask, "labels": code}
            for ids, mask, code in zip(
                read["input_ids"], read["attention_mask"], codes, strict=True
            )
        ]

    trainer = Trainer(
        model=model,
        args=TrainingArguments(
            output_dir=str(folder),
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            use_cpu=not torch.cuda.is_available(),
        ),
        train_dataset=rows(dataset.train),  # type: ignore[arg-type]
        data_collator=DataCollatorWithPadding(tokenizer),
        processing_class=tokenizer,
    )
    # It prints to standard output, which belongs to the figures.
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    held = rows(dataset.test)
    return lambda: torch.softmax(torch.from_numpy(trainer.predict(held).predictions), dim=1).numpy()  # type: ignore[arg-type]


def measure(dataset: Dataset, config: Any) -> tuple[pd.DataFrame, Answers]:
    """Both trainings one after the other: a row of figures for each, and their answers."""
    answers, spent = {}, {}
    for name, tune in (("trainer", tune_theirs), ("ours", tune_ours)):
        with tempfile.TemporaryDirectory() as folder:
            torch.manual_seed(config.seed)
            started, used = time.perf_counter(), time.process_time()
            answer = tune(dataset, config, Path(folder))
            seconds, processor = time.perf_counter() - started, time.process_time() - used
            spent[name] = {
                "rows": len(dataset.train), "seconds": seconds, "processor_seconds": processor,
            }  # fmt: skip
            table = pd.DataFrame(answer(), dataset.test.index, dataset.labels[HEAD])
            answers[name] = {HEAD: table}
    for name, found in score_systems(ClassificationEvaluator(), dataset.test, answers).items():
        spent[name]["macro_f1"] = found["macro_f1"]
    figures = pd.DataFrame(spent).T
    print(figures.round(3).to_string(), file=sys.stderr, flush=True)
    return figures, answers


def measure_all(tables: Tables, changes: Mapping[str, str], seeds: list[str]) -> dict[str, Any]:
    """`measure` for every seed: means, ratios, and the interval over all held-out reviews."""
    found, tests, answers = [], [], []
    for change in [{"seed": seed} for seed in seeds] or [{}]:
        config = TASK.config("quick", tables, **{**changes, **change})
        dataset = TASK.dataset(tables, config)
        figures, answered = measure(dataset, config)
        found.append(figures)
        tests.append(dataset.test.assign(example_id=dataset.test["example_id"] + f"-{config.seed}"))
        answers.append(answered)
    together = {
        name: {HEAD: pd.concat([one[name][HEAD] for one in answers], ignore_index=True)}
        for name in answers[0]
    }
    whole = pd.concat(tests, ignore_index=True)
    heldout = ClassificationEvaluator().heldout_rows(whole, together)
    means = sum(found) / len(found)
    return {
        "held_out": len(whole),
        "threads": torch.get_num_threads(),
        **means.to_dict(),
        "ours - trainer": paired_interval(heldout, "ours", "trainer").as_json(),
        "ratio": means["seconds"]["trainer"] / means["seconds"]["ours"],
        "processor_ratio": means["processor_seconds"]["trainer"]
        / means["processor_seconds"]["ours"],
        "config": config.model_dump(),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reviews", type=Path)
    parser.add_argument("--map", nargs="+", default=[], metavar="FIELD=COLUMN", dest="columns")
    parser.add_argument("--only", nargs="+", default=[], metavar="LABEL")
    parser.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE", dest="changes")
    parser.add_argument("--rows", type=int, default=0, help="reviews that are used; 0 for all")
    parser.add_argument("--seeds", nargs="+", default=[], help="a split each; none for the usual")
    parser.add_argument("--out", type=Path, help="a JSON file for the figures")
    options = parser.parse_args()
    changes = dict(change.split("=", 1) for change in options.changes)
    columns = dict(text.removeprefix("reviews.").split("=", 1) for text in options.columns)
    os.environ["SHOPLAB_MODELS"] = str(models_folder())
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SHOPLAB_HOME"] = folder
        source = Workspace.create("source")
        load_files(source, {"reviews": options.reviews}, {"reviews": columns}, skip_bad_rows=True)
        reviews = source.tables().reviews
        if options.only:
            reviews = reviews[reviews["sentiment"].isin(options.only)]
        if options.rows:
            reviews = reviews.sample(min(options.rows, len(reviews)), random_state=0)
        source.replace_tables({"reviews": reviews.reset_index(drop=True)}, {})
        found = measure_all(source.tables(), changes, options.seeds)
    print(json.dumps({name: value for name, value in found.items() if name != "config"}, indent=2))
    if options.out:
        options.out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
