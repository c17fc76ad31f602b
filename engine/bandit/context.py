"""What a policy is told of a search before it chooses: a few numbers between 0 and 1."""

from engine.bandit.arms import WORDS, Visit
from engine.tasks.search.answers import SearchAnswer
from engine.text.words import STOPWORDS, words

FEATURES = ("always", "length", "matched", "agreement", "active", "known")
_LONG, _TOP = 8, 10


def features(query: str, answer: SearchAnswer, visit: Visit) -> dict[str, float]:
    """The context of one list, by the names of `FEATURES`.

    `always` is 1; `length` the number of words up to eight; `matched` how many of ten products
    share a word with the query; `agreement` how many of the best ten by words are among the
    recommended system's; `active` whether this session has done something; `known` whether the
    shopper has a history.
    """
    by_words = [name for name, _ in answer.systems[WORDS][:_TOP]]
    recommended = {name for name, _ in answer.systems[answer.system][:_TOP]}
    terms = [word for word in words(query) if word not in STOPWORDS]
    return {
        "always": 1.0,
        "length": min(len(terms), _LONG) / _LONG,
        "matched": len(by_words) / _TOP,
        "agreement": len(recommended & set(by_words)) / _TOP,
        "active": float(bool(visit.acts)),
        "known": float(bool(visit.history)),
    }
