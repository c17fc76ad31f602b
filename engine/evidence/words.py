"""A citation in a sentence, with everything that it takes to look it up."""

import time

from engine.evidence.citation import TEAM, Citation, CitationState
from engine.messages import engine_catalog, say


def say_citation(citation: Citation, language: str) -> str:
    """What was measured: systems, metric, value, interval, examples, source and date."""
    if citation.kind == "opinion":
        return say_figure(citation, language)
    return say(
        "evidence.sentences.sourced",
        language,
        figure=say_figure(citation, language),
        kind=say(f"evidence.kinds.{citation.kind}", language),
        source=citation.source_id,
        date=time.strftime("%Y-%m-%d", time.gmtime(citation.created)),
    )


def say_figure(citation: Citation, language: str) -> str:
    """What was measured without its source and date: systems, metric, value, interval, examples."""
    if citation.kind == "opinion":
        return say("evidence.sentences.opinion", language, note=citation.note)
    code = "difference" if citation.against else "figure"
    return say(
        f"evidence.sentences.{code}",
        language,
        system=_say_system(citation.system, language),
        against=_say_system(citation.against, language),
        metric=say_metric(citation.metric, language),
        value=say_value(citation),
        n=f"{citation.n:,}",
    )


def say_value(citation: Citation) -> str:
    """The value with its interval, as it is written everywhere: `+0.041 [+0.012, +0.070]`."""
    if citation.value is None:
        return ""
    style = {"share": ".1%", "count": ",.1f", "difference": "+.3f"}.get(citation.unit, ".3f")
    value = format(citation.value, style)
    if citation.low is None or citation.high is None:
        return value
    return f"{value} [{format(citation.low, style)}, {format(citation.high, style)}]"


def say_metric(metric: str, language: str) -> str:
    """What a metric is called; a name without a text stays as it is."""
    texts = engine_catalog().texts[language]
    name = metric.rpartition(".")[2] or metric
    return texts.get(f"evidence.metrics.{name}") or texts.get(f"metrics.{name}", metric)


def say_state(state: CitationState, language: str) -> str:
    """Whether a citation holds, or why it is grey."""
    return say(f"evidence.states.{state.reason}", language)


def _say_system(name: str, language: str) -> str:
    texts = engine_catalog().texts[language]
    system, _, team = name.partition(TEAM)
    plain = texts.get(f"systems.{system}") or texts.get(f"evidence.policies.{system}", system)
    return say("evidence.sentences.of_team", language, system=plain, team=team) if team else plain
