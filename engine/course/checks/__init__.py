"""The checks that an exercise may name."""

from collections.abc import Mapping

from engine.course.checks.assistant import Chatted, HandedOver, PolicyChanged
from engine.course.checks.base import Check
from engine.course.checks.copy import Drafted
from engine.course.checks.decisions import Card, Case, Plan, Reported
from engine.course.checks.judging import Agreed, Judged
from engine.course.checks.questions import Asked
from engine.course.checks.shop import Labelled, Loaded, Rules, SwitchedShop
from engine.course.checks.strategy import Feedback, Simulated
from engine.course.checks.training import CalledShot, Compared, OverFitted, Trained

CHECKS: Mapping[str, type[Check]] = {
    "asked": Asked,
    "loaded": Loaded,
    "switched_shop": SwitchedShop,
    "labelled": Labelled,
    "rules": Rules,
    "trained": Trained,
    "over_fitted": OverFitted,
    "compared": Compared,
    "called_shot": CalledShot,
    "judged": Judged,
    "agreed": Agreed,
    "drafted": Drafted,
    "feedback": Feedback,
    "simulated": Simulated,
    "chatted": Chatted,
    "handed_over": HandedOver,
    "policy_changed": PolicyChanged,
    "card": Card,
    "case": Case,
    "plan": Plan,
    "reported": Reported,
}
