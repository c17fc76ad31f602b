"""What answers a question, once the bundles that it needs are in memory."""

from collections.abc import Callable
from typing import Any

from engine.codec import encode
from engine.serving.question import Question
from engine.serving.watch import Watch
from engine.storage.runs import load_heldout
from engine.storage.workspace import Workspace
from engine.tasks import get_task
from engine.tasks.base import Bundle, Drafting, Measuring, Writing
from engine.training.answers import GROWTH
from engine.training.label_growth import measure_growth
from engine.training.run import plan_run

# The bundle of a task and run of the workspace.
GetBundle = Callable[[str, str], Bundle]


def answer_question(
    workspace: Workspace, question: Question[Any, Any], get_bundle: GetBundle, watch: Watch
) -> object:
    """The answer in JSON's own kinds. Raises what the service raises, and `Cancelled`."""
    body, verb = question.body, question.call.verb
    match question.call.service:
        case "training":
            if verb == GROWTH.verb:
                return encode(measure_growth(workspace, body, watch))
            return encode(plan_run(workspace, body.task, body.config, watch))
        case "pictures":
            from engine.images import questions  # torch, for those who have pictures

            return encode(questions.answer(workspace, body, verb, watch))
        case "assistant":
            from engine.assistant import questions as messages

            return encode(messages.answer(workspace, question.run, body, get_bundle))
        case "tasks":
            bundle = get_bundle(question.call.task, question.run)
            return encode(_ask_task(workspace, question, bundle, watch))


def _ask_task(
    workspace: Workspace, question: Question[Any, Any], bundle: Bundle, watch: Watch
) -> object:
    task = get_task(question.call.task)
    match question.call.verb:
        case "predict":
            return task.predict(bundle, question.body)
        case "explain":
            return task.explain(bundle, question.body)
        case "write":
            assert isinstance(task, Writing)  # noqa: S101 - it says that it can be asked so
            return task.write(bundle, question.body, watch.text)
        case "draft":
            assert isinstance(task, Drafting)  # noqa: S101 - it says that it can be asked so
            return task.draft(bundle, question.body, watch.text)
        case "measure":
            assert isinstance(task, Measuring)  # noqa: S101 - it says that it can be asked so
            return task.measure(bundle, load_heldout(workspace, question.run), question.body)
        case verb:
            raise ValueError(verb)
