"""The prompt for a generator that puts a reply in other words."""

from engine.assistant.reply import Reply
from engine.messages import say

Messages = list[dict[str, str]]


def rephrase_prompt(reply: Reply, message: str) -> Messages:
    """The prompt of a generator: the customer's message and the sentences to put in other words."""
    facts = "\n".join(f"- {sentence.text}" for sentence in reply.sentences)
    parts = {"message": message, "facts": facts}
    return [
        {"role": "system", "content": say("assistant.rephrase.system", reply.language)},
        {"role": "user", "content": say("assistant.rephrase.user", reply.language, **parts)},
    ]
