"""A small workshop for tests."""

from engine.room.agenda import ready_agenda
from engine.room.opening import Opening, open_workshop
from engine.room.workshop import teams_of
from engine.storage.workspace import Workspace
from tests.shop_double import small_shop


def open_two_teams() -> list[Workspace]:
    """The shops of two teams in one workshop, both with the small shop."""
    agenda = ready_agenda("ninety_minutes", "en")
    opening = Opening("Spring", "en", agenda, [], 2, "http://10.0.0.5:8501", small_shop())
    workshop, _ = open_workshop(opening)
    return [Workspace.open(team.workspace) for team in teams_of(workshop.workshop_id)]
