"""How this team's trainings do in the duels that other teams of the room began with them."""

import streamlit as st

from engine.duel.duel import Standing
from engine.room.opponents import Challenge, challenges
from engine.storage.runs import UNTUNED
from engine.storage.workspace import Workspace
from pages.ui.duel.sides import end_of, side_name
from pages.ui.duel.standing import ICONS
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import names


def show_challenges(current: Workspace) -> None:
    """The verdict of each; the queries are the other team's own."""
    begun = challenges(current)
    if not begun:
        return
    st.subheader(t("duel.challenges.title"), anchor=False)
    for one in begun:
        about = t("duel.challenges.about", team=one.team, date=names.moment(one.created))
        st.markdown(f"**{escape(about)}**")
        st.info(escape(_verdict(current, one, one.people)), icon=ICONS[one.people.verdict])
        if one.simulated.decided:
            verdict = _verdict(current, one, one.simulated)
            st.caption(escape(t("duel.challenges.simulated", verdict=verdict)))


def _verdict(current: Workspace, challenge: Challenge, standing: Standing) -> str:
    own = t("duel.sides.own", run=end_of(challenge.run))
    rival = (
        side_name(current, challenge.rival)
        if challenge.rival.run == UNTUNED
        else t("duel.sides.rival", team=challenge.team)
    )
    winner, loser = (rival, own) if standing.verdict == "second" else (own, rival)
    code = "clear" if standing.verdict in ("first", "second") else standing.verdict
    return t(f"duel.challenges.{code}", winner=winner, loser=loser, n=standing.decided)
