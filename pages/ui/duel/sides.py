"""Who can meet: word matching, the untuned model, and every training of search."""

from collections.abc import Mapping

from engine.duel.duel import Side
from engine.storage.runs import UNTUNED, list_runs
from engine.storage.workspace import Workspace
from pages.ui.frame.i18n import t
from pages.ui.parts import names

WORDS = Side(UNTUNED, "bm25_all")
# Without a system, the one that did best on validation answers.
MODEL = Side(UNTUNED)


def sides(current: Workspace) -> Mapping[Side, str]:
    """Every side with its name, the newest training first."""
    runs = {Side(run.run_id): names.run(run) for run in list_runs(current, "search")}
    return {**runs, MODEL: t("duel.sides.untuned"), WORDS: t("duel.sides.words")}


def side_name(current: Workspace, side: Side) -> str:
    """A side of a duel; a training that is gone by its id."""
    if side == WORDS:
        return t("duel.sides.words")
    if side.run == UNTUNED:
        return t("duel.sides.untuned")
    return sides(current).get(Side(side.run), side.run)
