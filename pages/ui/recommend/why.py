"""Why a product is on a shopper's list, in words."""

from collections.abc import Mapping
from typing import Any

from pages.ui.frame.i18n import t
from pages.ui.parts import charts

# A product of the history is a reason where it counts this many times its even share.
_STANDS_OUT = 1.5
_SECOND = 0.2
_ALIKE = 0.5
# Shares of the history, closeness of prices (standard deviations), fit to a search (the same) and
# clicks per look from which on a fact is worth a word. Products nobody looked at have 0.2.
_SHARE, _PRICE, _FIT, _CLICKED = 0.25, -0.25, 1.0, 0.35
_LONGEST = 50


def explain(result: Mapping[str, Any], answer: Mapping[str, Any]) -> list[str]:
    """The reasons for one result of an answer, the strongest first; plain text."""
    return [*_history(result, answer), *_facts(result, answer)]


def stands_out(result: Mapping[str, Any], answer: Mapping[str, Any]) -> bool:
    """Whether one product of the history counts clearly more for a result than the others do."""
    because = result["because"]
    return len(because) > 1 and because[0][1] >= _STANDS_OUT / len(answer["history"])


def _history(result: Mapping[str, Any], answer: Mapping[str, Any]) -> list[str]:
    """What of the history counts; nothing where all of it counts alike."""
    history, because = answer["history"], result["because"]
    if not history:
        return []
    titles = [_title(history[place]) for place, _ in because]
    shares = [share for _, share in because]
    if len(history) == 1:
        return [t("recommend.why.only", title=titles[0])]
    if stands_out(result, answer):
        if shares[1] >= max(_SECOND, _STANDS_OUT / len(history)):
            return [
                t(
                    "recommend.why.both", title=titles[0], share=f"{shares[0]:.0%}",
                    other=titles[1], second=f"{shares[1]:.0%}",
                )
            ]  # fmt: skip
        return [t("recommend.why.because", title=titles[0], share=f"{shares[0]:.0%}")]
    place, likeness = result["alike"]
    return [t("recommend.why.alike", title=_title(history[place]))] if likeness >= _ALIKE else []


def _facts(result: Mapping[str, Any], answer: Mapping[str, Any]) -> list[str]:
    facts, said = result["facts"], []
    for name in ("brand", "category"):
        if facts[name] >= _SHARE:
            said.append(t(f"recommend.why.{name}", share=f"{facts[name]:.0%}"))
    if answer["history"] and facts["price"] >= _PRICE:
        said.append(t("recommend.why.price"))
    if answer["query"] and facts["fit"] >= _FIT:
        said.append(t("recommend.why.query", query=charts.cut(answer["query"])))
    if answer["query"] and facts["asked"] >= _CLICKED:
        said.append(t("recommend.why.asked", share=f"{facts['asked']:.0%}"))
    if not facts["clicks"]:
        said.append(t("recommend.why.new"))
    elif facts["popularity"] >= _CLICKED:
        said.append(t("recommend.why.popular", share=f"{facts['popularity']:.0%}"))
    return said


def _title(product: Mapping[str, Any]) -> str:
    return charts.cut(product["title"], _LONGEST)
