"""The room's clock, as text and as a big one that ticks in the browser."""

import streamlit as st

from engine.room.snapshot import Snapshot
from engine.room.workshop import Workshop
from pages.ui.frame.i18n import t

POLL_SECONDS = 2.0
_BIG = st.components.v2.component(
    "shoplab_clock",
    html='<div class="room-clock" role="timer"></div>\n',
    css=""".room-clock {
  font-family: var(--st-font);
  font-variant-numeric: tabular-nums;
  font-weight: 650;
  line-height: 1.1;
  font-size: clamp(2.5rem, 9vw, 8rem);
  color: var(--st-text-color);
}
.room-clock.over {
  color: var(--st-red-text-color);
}
""",
    js="""export default function ({ data, parentElement }) {
  const face = parentElement.querySelector(".room-clock")
  const from = performance.now()
  const show = () => {
    const ran = data.running ? (performance.now() - from) / 1000 : 0
    const left = data.left - ran
    const whole = Math.abs(Math.trunc(left))
    const seconds = String(whole % 60).padStart(2, "0")
    face.textContent = `${left < 0 ? "+" : ""}${Math.trunc(whole / 60)}:${seconds}`
    face.classList.toggle("over", left < 0)
    face.setAttribute("aria-label", data.label)
  }
  show()
  const timer = data.running ? setInterval(show, 250) : null
  return () => clearInterval(timer)
}
""",
)


def face(seconds_left: float) -> str:
    """Minutes and seconds: `12:05`; `+1:05` for a box that is over."""
    whole = abs(int(seconds_left))
    return f"{'+' if seconds_left < 0 else ''}{whole // 60}:{whole % 60:02}"


def clock_text(workshop: Workshop, now: float) -> str:
    """The current box with what is left of it, on one line."""
    left = workshop.clock.seconds_left(workshop.agenda, now)
    state = "stopped" if workshop.clock.started is None else "over" if left < 0 else "left"
    return t(f"room_banner.clock.{state}", clock=face(left))


def box_title(workshop: Workshop) -> str:
    """The title of the box of the agenda that is on."""
    return workshop.agenda[workshop.clock.box].title


def show_big_clock(snapshot: Snapshot, now: float) -> None:
    """The clock for a projector, which goes on ticking between two looks."""
    workshop = snapshot.workshop
    _BIG(
        key="big_clock",
        data={
            "left": round(workshop.clock.seconds_left(workshop.agenda, now), 1),
            "running": workshop.clock.started is not None,
            "label": clock_text(workshop, now),
        },
    )
