"""Why a product is on a shopper's list, in words."""

from engine.tasks.interest.answers import (
    Facts,
    InterestAnswer,
    InterestResult,
    PastProduct,
    Reason,
)
from pages.ui.frame.i18n import t
from pages.ui.parts import charts

# A product of the history is a reason where it counts this many times its even share.
_STANDS_OUT = 1.5
_SECOND = 0.2
_SIMILAR = 0.5
# From these values on a fact is a reason: the share of the history, how near the prices are and how
# near the query is (standard deviations), and the click-through rate, 0.2 where nobody looked.
_SHARE, _PRICE, _QUERY, _CTR = 0.25, -0.25, 1.0, 0.35
_LONGEST = 50


def explain(result: InterestResult | None, answer: InterestAnswer) -> list[str]:
    """The reasons for a product of a list, the strongest first; plain text.

    Without a result the product was put there by the shop.
    """
    if result is None:
        return [t("recommend.why.pinned")]
    if result.reason is None:
        return []
    return [*_history(result.reason, answer), *_facts(result.reason.facts, answer)]


def stands_out(reason: Reason, answer: InterestAnswer) -> bool:
    """Whether one product of the history counts clearly more for a result than the others do."""
    because = reason.because
    return len(because) > 1 and because[0][1] >= _STANDS_OUT / len(answer.history)


def _history(reason: Reason, answer: InterestAnswer) -> list[str]:
    """What of the history counts; nothing where all of it counts the same."""
    history, because = answer.history, reason.because
    if not history or reason.nearest is None:
        return []
    titles = [_title(history[place]) for place, _ in because]
    shares = [share for _, share in because]
    if len(history) == 1:
        return [t("recommend.why.only", title=titles[0])]
    if stands_out(reason, answer):
        if shares[1] >= max(_SECOND, _STANDS_OUT / len(history)):
            return [
                t(
                    "recommend.why.both",
                    title=titles[0],
                    share=f"{shares[0]:.0%}",
                    other=titles[1],
                    second=f"{shares[1]:.0%}",
                )
            ]
        return [t("recommend.why.because", title=titles[0], share=f"{shares[0]:.0%}")]
    place, similarity = reason.nearest
    return (
        [t("recommend.why.nearest", title=_title(history[place]))] if similarity >= _SIMILAR else []
    )


def _facts(facts: Facts, answer: InterestAnswer) -> list[str]:
    reasons = []
    for name, share in (("brand", facts.brand), ("category", facts.category)):
        if share >= _SHARE:
            reasons.append(t(f"recommend.why.{name}", share=f"{share:.0%}"))
    if answer.history and facts.price >= _PRICE:
        reasons.append(t("recommend.why.price"))
    if answer.query and facts.query_z >= _QUERY:
        reasons.append(t("recommend.why.query", query=charts.cut(answer.query)))
    if answer.query and facts.query_ctr >= _CTR:
        reasons.append(t("recommend.why.query_ctr", share=f"{facts.query_ctr:.0%}"))
    if not facts.clicks:
        reasons.append(t("recommend.why.new"))
    elif facts.popularity >= _CTR:
        reasons.append(t("recommend.why.popular", share=f"{facts.popularity:.0%}"))
    return reasons


def _title(product: PastProduct) -> str:
    return charts.cut(product.title, _LONGEST)
