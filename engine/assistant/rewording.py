"""A reply in a generator's words, where the reply's sources support them."""

from collections.abc import Callable

from engine.assistant.reply import Reply, with_written, without_written
from engine.assistant.rewording_prompt import Messages, rephrase_prompt
from engine.assistant.wording_check import supports
from engine.claims import ClaimChecker
from engine.errors import ShoplabError

LONGEST = 1_500


def rephrased(
    reply: Reply, message: str, checker: ClaimChecker, write: Callable[[Messages], str]
) -> Reply:
    """`reply` as `write` words it, or in its own words where that says anything unsupported."""
    try:
        text = write(rephrase_prompt(reply, message))
    except ShoplabError:
        return without_written(reply, "not_written")
    return judged(reply, text, message, checker)


def judged(reply: Reply, text: str, message: str, checker: ClaimChecker) -> Reply:
    """`reply` in the wording `text` if the sources support it, else in its own words, with a note.

    Only answers are put in other words: a hand-over says exactly what it says.
    """
    tidy = " ".join(text.split())
    if reply.action != "answer" or not reply.sources:
        return without_written(reply, "")
    if not tidy or len(tidy) > LONGEST or not supports(reply, tidy, message, checker):
        return without_written(reply, "unsupported")
    return with_written(reply, tidy)
