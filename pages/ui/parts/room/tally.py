"""How a vote stands."""

import streamlit as st

from engine.room.ballots import Ballot
from pages.ui.frame.i18n import escape, t


def show_tally(ballot: Ballot, *, titled: bool = True) -> None:
    """The votes for each option, most first, with how many people voted."""
    if titled:
        st.markdown(f"**{escape(ballot.question)}**")
    pairs = sorted(zip(ballot.options, ballot.counts, strict=True), key=lambda pair: -pair[1])
    most = max(ballot.counts) or 1
    for option, count in pairs:
        text = t("room_parts.tally", option=escape(option), n=count)
        st.progress(count / most, text=text)
    over = "closed" if ballot.closed is not None else "open"
    st.caption(t(f"room_parts.{over}", n=ballot.votes))
