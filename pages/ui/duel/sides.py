"""Who can meet: word matching, the untuned model, every training of search, and other teams'."""

from collections.abc import Iterable, Mapping

from engine.duel.duel import Side
from engine.room.opponents import Opponent
from engine.storage.runs import UNTUNED, list_runs
from engine.storage.workspace import Workspace
from pages.ui.frame.i18n import t
from pages.ui.parts import names

WORDS = Side(UNTUNED, "bm25_all")
# Without a system, the one that did best on validation answers.
MODEL = Side(UNTUNED)


def sides(current: Workspace) -> Mapping[Side, str]:
    """Every side of the shop's own with its name, the newest training first."""
    runs = {Side(run.run_id): names.run(run) for run in list_runs(current, "search")}
    return {**runs, MODEL: t("duel.sides.untuned"), WORDS: t("duel.sides.words")}


def sides_of(others: Iterable[Opponent]) -> Mapping[Side, str]:
    """The trainings of other teams that may be met, with their names."""
    return {
        Side(run.run_id, team=one.team): t(
            "duel.sides.of_team",
            team=one.team,
            run=f"{names.moment(run.created)} · {end_of(run.run_id)}",
        )
        for one in others
        for run in one.runs
    }


def side_name(current: Workspace, side: Side) -> str:
    """A side of a duel; a training that is gone by its id."""
    if side.team:
        return t("duel.sides.of_team", team=side.team, run=end_of(side.run))
    if side == WORDS:
        return t("duel.sides.words")
    if side.run == UNTUNED:
        return t("duel.sides.untuned")
    return sides(current).get(Side(side.run), side.run)


def end_of(run_id: str) -> str:
    """The end of a run's id, by which the trainings of a list differ."""
    return run_id.rpartition("-")[2]
