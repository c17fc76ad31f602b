"""What was said to the assistant, and what it may say."""

from engine.assistant.chats import Turn
from engine.assistant.policy_file import policy_stamp, read_policy, sample_policy
from engine.course.checks.base import CheckSinceOpened, Count, Finding, counted
from engine.course.work import Work
from engine.messages import LANGUAGES

HAND_OVER = "hand_over"
_NANOSECONDS = 1e9


class Chatted(CheckSinceOpened):
    """The assistant was written so many different messages."""

    at_least: Count = 3

    def look(self, work: Work) -> Finding:
        """Count the messages."""
        messages = {turn.message for turn in _turns(work, self.begin(work))}
        return counted("chatted", len(messages), self.at_least)


class HandedOver(CheckSinceOpened):
    """The assistant handed so many messages to a person."""

    at_least: Count = 1

    def look(self, work: Work) -> Finding:
        """Count the messages that were handed over."""
        turns = _turns(work, self.begin(work))
        messages = {turn.message for turn in turns if turn.reply.action == HAND_OVER}
        if turns and not messages:
            return Finding(False, "course.checks.handed_over.none", {"n": len(turns)}, True)
        return counted("handed_over", len(messages), self.at_least)


class PolicyChanged(CheckSinceOpened):
    """The shop's policy was replaced by another than the sample shop's, and asked about since."""

    def look(self, work: Work) -> Finding:
        """Compare the text with those of the sample shops, and look for a later message."""
        policy = read_policy(work.workspace).strip()
        if not policy:
            return Finding(False, "course.checks.policy_changed.missing")
        if policy in {sample_policy(language).strip() for language in LANGUAGES}:
            return Finding(False, "course.checks.policy_changed.same", {}, True)
        changed = policy_stamp(work.workspace) / _NANOSECONDS
        if changed < self.begin(work):
            return Finding(False, "course.checks.policy_changed.before")
        if not any(turn.time >= changed for turn in work.turns):
            return Finding(False, "course.checks.policy_changed.not_asked", {}, True)
        return Finding(True, "course.checks.policy_changed.done", {}, True)


def _turns(work: Work, begin: float) -> list[Turn]:
    return [turn for turn in work.turns if turn.time >= begin]
