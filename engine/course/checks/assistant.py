"""What was said to the assistant, and what it may say."""

from engine.course.checks.base import Check, Count


class Chatted(Check):
    """The assistant was written so many different messages."""

    at_least: Count = 3


class HandedOver(Check):
    """The assistant handed so many messages to a person."""

    at_least: Count = 1


class PolicyChanged(Check):
    """The shop's policy was replaced by another than the sample shop's, and asked about since."""
