"""Whether tuning helped is said by the same system without tuning, not by a weak baseline."""

from pathlib import Path

import pytest

from engine.messages import LANGUAGES
from engine.storage.runs import load_run
from engine.tasks import ENTRIES, TASKS
from engine.training.outcome import outcome, tuning
from pages.ui.frame import i18n
from pages.ui.training.outcome import reasons, sentence
from tests.runs_double import finish_run, make_shop

BETTER = {"delta": 0.1, "low": 0.05, "high": 0.15}
UNCLEAR = {"delta": 0.01, "low": -0.02, "high": 0.04}
FIGURES = {"ndcg@10": 0.2}


def run_of(recommended: str, twin: dict[str, float], language: str):  # type: ignore[no-untyped-def]
    shop = make_shop(language)
    against = {"bm25_title": BETTER, "shown": BETTER, "ranked_untuned": twin}
    run_id = finish_run(
        shop,
        "search",
        primary_metric="ndcg@10",
        recommended=recommended,
        after=FIGURES,
        baselines={"bm25_title": FIGURES, "shown": FIGURES},
        paired={"against": {k: v for k, v in against.items() if k != recommended}},
    )
    return load_run(shop, run_id)


@pytest.mark.parametrize("language", LANGUAGES)
def test_tuning_helped_only_if_the_same_without_it_is_beaten(
    home: Path, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(i18n, "language", lambda: language)
    claim = {"en": "Tuning helped", "zh": "调优有效"}[language]
    unclear = {"en": "Whether tuning the language model helped is not clear", "zh": "尚不明确"}
    order = {"en": "The learned order helped", "zh": "学习排序有效"}
    better = run_of("ranked_tuned", BETTER, language)
    assert sentence(better).startswith(claim)
    alike = run_of("ranked_tuned", UNCLEAR, language)
    assert outcome(alike).verdict == "better", "the baselines are beaten all the same"
    assert claim not in sentence(alike)
    assert unclear[language] in sentence(alike)
    assert "+0.010 [-0.020, +0.040]" in sentence(alike)
    untuned = run_of("ranked_untuned", UNCLEAR, language)
    assert tuning(untuned) is None
    assert sentence(untuned).startswith(order[language])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_gain_that_another_seed_may_take_back_is_called_so(
    home: Path, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(i18n, "language", lambda: language)
    warned = {"en": "only the seed changed", "zh": "随机种子"}[language]
    spread = ENTRIES["search"].seed_spread
    small = {"delta": spread, "low": spread / 2, "high": 2 * spread}
    assert warned in " ".join(reasons(run_of("ranked_tuned", small, language)))
    for clear in (BETTER, UNCLEAR):
        assert warned not in " ".join(reasons(run_of("ranked_tuned", clear, language)))


def test_every_task_that_tunes_a_model_names_what_is_the_same_without() -> None:
    # `interest` learns a net on frozen vectors: its language model is never tuned.
    assert [name for name in TASKS if not ENTRIES[name].untuned_twins] == ["interest"]
