"""A double of the describe task: a writer that tells the title and a falsehood."""

from engine.claims import ClaimChecker
from engine.storage.runs import UNTUNED
from engine.tables.tables import Tables
from engine.tasks.describe import answering
from engine.tasks.describe.answers import (
    GIVEN,
    TEMPLATE,
    CopyInput,
    DescribeAnswer,
    DescribeExplanation,
    DescribeInput,
    WriteInput,
)
from engine.tasks.describe.evidence import (
    Evidence,
    FactFrequencies,
    collect_evidence,
    learn_fact_frequencies,
)
from engine.tasks.describe.template import fill_template


class Writer:
    """Checks its texts as the task does, by the facts of these tables."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.checker = ClaimChecker.from_tables(tables)
        self.frequencies: FactFrequencies = learn_fact_frequencies(self.checker, [])

    def predict(self, item: DescribeInput, run: str) -> DescribeAnswer:
        """One answer as of the task."""
        if item.text:
            return answering.answer(self.evidence(item), {GIVEN: item.text}, GIVEN)
        return self._written(item, f"{_place(run)}_best")

    def write(self, item: WriteInput, run: str) -> DescribeAnswer:
        """As one answer of `predict`, with the likeliest text alone."""
        return self._written(item, _place(run))

    def explain(self, item: CopyInput, run: str) -> DescribeExplanation:
        """What the writer is told."""
        return answering.explain(self.evidence(item), self.frequencies)

    def evidence(self, item: CopyInput) -> Evidence:
        """What a text about the product may say."""
        return collect_evidence(self.checker, self.frequencies, item.product_id, 6)

    def _written(self, item: CopyInput, system: str) -> DescribeAnswer:
        evidence = self.evidence(item)
        template = fill_template(evidence.shown, item.brief("en"))
        texts = {system: f"{evidence.title}, made of solid gold.", TEMPLATE: template}
        return answering.answer(evidence, texts, system)


def _place(run: str) -> str:
    return "untuned" if run == UNTUNED else "tuned"
