"""What no source may answer, however it is worded: tricks, bargains, law and health."""

from engine.assistant.catalog_replies import CatalogReplies
from engine.assistant.outcomes import answer_with, hand_over
from engine.assistant.parsing import ParsedMessage
from engine.assistant.reply import Reply
from engine.assistant.service_replies import ServiceReplies
from engine.assistant.understanding import cues


def guard(parsed: ParsedMessage, catalog: CatalogReplies, service: ServiceReplies) -> Reply | None:
    """The reply to a message that must not go to the kinds' own sources; None for any other."""
    for key in cues("guard", parsed.language):
        if not parsed.matches("guard", key):
            continue
        if key == "human":
            # "When can I talk to somebody?" is answered by the policy's hours.
            passages = service.passages(parsed) if parsed.likeliest == "policy" else []
            if passages:
                return answer_with(parsed, "policy", passages)
            return hand_over(parsed, "human", key)
        if key == "allergy":
            facts = catalog.stated(parsed)
            if facts:
                return answer_with(parsed, "product", facts)
            return hand_over(parsed, "outside", "medical")
        return hand_over(parsed, "outside", key)
    return None
