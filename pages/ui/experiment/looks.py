"""Looking before the end: fixed and always-valid intervals, and the A/A game."""

import math
import secrets

import numpy as np
import streamlit as st

from engine.experiment.aa_game import Game, Luck, Paths, measure_luck, play
from engine.experiment.power import Design, standard_error
from engine.experiment.sequential import (
    always_valid_half_width,
    fixed_half_width,
    mixture_variance,
)
from pages.ui.experiment.setup import Setup
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import charts, range_charts
from pages.ui.parts.amounts import percent

_GAMES, _LOOKS = 1_000, 28
_RATE, _VISITORS = 0.05, 400
_SEED, _LOOK, _STOPPED = "aa_seed", "aa_look", "aa_stopped"


def show_looks(setup: Setup) -> None:
    """Both intervals over the days of the planned test, then the game."""
    _draw_widths(setup)
    st.subheader(t("experiment.game.title"), anchor=False)
    st.markdown(t("experiment.game.intro", n=_LOOKS))
    _show_game(setup.design)


def _draw_widths(setup: Setup) -> None:
    """How wide each interval would be, day by day, if the change did nothing."""
    trial, alpha = setup.trial, setup.design.alpha
    if not math.isfinite(trial.effect):
        return
    days = np.arange(1, setup.days + 1)
    planned = (
        standard_error(trial.baseline, trial.shoppers, setup.design) / trial.baseline.value
    ) ** 2
    variance = planned * setup.days / days
    widths = {
        "always_valid": always_valid_half_width(variance, mixture_variance(planned, alpha), alpha),
        "fixed": fixed_half_width(variance, alpha),
    }
    bands = [
        (t(f"experiment.looks.{name}"), (-100 * half).tolist(), (100 * half).tolist())
        for name, half in widths.items()
    ]
    end = {name: percent(float(half[-1])) for name, half in widths.items()}
    charts.draw(
        range_charts.band(
            days.tolist(),
            [0.0] * len(days),
            bands,
            name=t("experiment.looks.nothing"),
            x_name=t("experiment.plan.days_axis"),
            y_name=t("experiment.looks.change"),
            y_format="+.0f",
        ),
        title=t("experiment.looks.finding", fixed=end["fixed"], valid=end["always_valid"]),
        note=t("experiment.looks.note"),
        key="widths",
    )


def _show_game(design: Design) -> None:
    game = Game(_RATE, _VISITORS, _LOOKS, design.alpha)
    seed = st.session_state.setdefault(_SEED, secrets.randbelow(2**31))
    look = min(int(st.session_state.setdefault(_LOOK, 3)), _LOOKS)
    stopped = bool(st.session_state.get(_STOPPED)) or look == _LOOKS
    paths = play(game, 1, seed)
    with st.container(horizontal=True, key="game_buttons"):
        for name, icon, active in (
            ("next", "skip_next", not stopped),
            ("stop", "flag", not stopped),
            ("again", "replay", True),
        ):
            st.button(
                t(f"experiment.game.{name}"),
                icon=f":material/{icon}:",
                key=f"aa_{name}",
                disabled=not active,
                on_click=_press,
                args=(name,),
            )
    _draw_game(paths, look)
    if stopped:
        _show_luck(game, paths, look)


def _press(name: str) -> None:
    state = st.session_state
    if name == "next":
        state[_LOOK] = state[_LOOK] + 1
    elif name == "stop":
        state[_STOPPED] = True
    else:
        state[_SEED], state[_LOOK], state[_STOPPED] = secrets.randbelow(2**31), 3, False


def _draw_game(paths: Paths, look: int) -> None:
    shown = slice(0, look)
    difference = 100 * paths.difference[0, shown]
    bands = [
        (
            t(f"experiment.looks.{name}"),
            (difference - 100 * half[0, shown]).tolist(),
            (difference + 100 * half[0, shown]).tolist(),
        )
        for name, half in (("always_valid", paths.always_valid), ("fixed", paths.fixed))
    ]
    buyers = paths.converted[:, 0, look - 1]
    wins = bool(paths.fixed_winner[0, look - 1])
    charts.draw(
        range_charts.band(
            list(range(1, look + 1)),
            difference.tolist(),
            bands,
            name=t("experiment.game.difference"),
            x_name=t("experiment.game.day"),
            y_name=t("experiment.game.points"),
            y_format="+.1f",
        ),
        title=t(
            "experiment.game.winner" if wins else "experiment.game.no_winner",
            n=look,
            first=f"{buyers[0]:,}",
            second=f"{buyers[1]:,}",
            visitors=f"{paths.visitors[look - 1]:,}",
        ),
        key="game",
    )


def _show_luck(game: Game, paths: Paths, look: int) -> None:
    """What the team's own stop was, and how often luck wins in other games."""
    won = bool(paths.fixed_winner[0, look - 1])
    code = "fooled" if won else "not_fooled"
    box = st.error if won else st.success
    box(escape(t(f"experiment.game.{code}", n=look)), icon=":material/casino:")
    luck = _luck(game)
    days = list(range(1, game.looks + 1))
    charts.draw(
        charts.curve(
            {
                t("experiment.game.any_look"): (days, (100 * luck.any_look).tolist()),
                t("experiment.game.one_look"): (days, (100 * luck.one_look).tolist()),
                t("experiment.looks.always_valid"): (days, (100 * luck.always_valid).tolist()),
            },
            x_name=t("experiment.game.day"),
            y_name=t("experiment.game.share"),
            from_zero=True,
        ),
        title=t(
            "experiment.game.luck",
            games=f"{_GAMES:,}",
            any=percent(float(luck.any_look[-1])),
            valid=percent(float(luck.always_valid[-1])),
        ),
        note=t("experiment.game.luck_note", alpha=percent(game.alpha)),
        key="luck",
    )


@st.cache_resource(max_entries=8, show_spinner=False)
def _luck(game: Game) -> Luck:
    return measure_luck(play(game, _GAMES, seed=1))
