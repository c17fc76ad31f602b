"""An interest model of the small shop that turns every choice round."""

from engine.tasks.interest.answers import InterestAnswer, InterestInput, InterestResult
from engine.tasks.interest.reranking import ListTraits


def predict(item: InterestInput, run: str) -> InterestAnswer:
    """The products to choose from, the last one first."""
    names = list(reversed(item.among or ()))[: item.k]
    traits = ListTraits(diversity=0.5, novelty=4.0, age=7.0)
    return InterestAnswer(
        query=item.query,
        system="tuned",
        cold=not item.history,
        history=(),
        results=[
            InterestResult(rank, name, name, score=1 / rank, was=rank)
            for rank, name in enumerate(names, start=1)
        ],
        like=traits,
        plain=traits,
    )
