"""Replies about the shop's rules and a customer's own orders."""

from engine.assistant.order_answers import Orders, looks_like_id
from engine.assistant.outcomes import answer_with, hand_over
from engine.assistant.parsing import CERTAIN, ParsedMessage
from engine.assistant.policy import Policy
from engine.assistant.product_resolution import ProductNames
from engine.assistant.reply import Kind, Reply, Sentence, Source
from engine.messages import say


class ServiceReplies:
    """The replies that rest on the policy text and on the orders; `policy` may be replaced."""

    def __init__(self, names: ProductNames, orders: Orders, policy: Policy) -> None:
        self.names = names
        self.orders = orders
        self.policy = policy

    def rule(self, parsed: ParsedMessage) -> Reply:
        """What the policy says; a person where the message is about one order."""
        if looks_like_id(parsed.text) and self.orders.named(parsed.text):
            return self.order_help(parsed)
        sentences = self.passages(parsed)
        if not sentences:
            reason = "not_in_policy" if self.policy.passages else "no_policy"
            return hand_over(parsed, "policy", reason)
        return answer_with(parsed, "policy", sentences)

    def order(self, parsed: ParsedMessage) -> Reply:
        """What the customer's own orders say."""
        products = [self.names.ids[row] for row in parsed.resolved.rows]
        answer = self.orders.answer(parsed.text, parsed.customer, products, parsed.language)
        if answer.reason:
            return hand_over(parsed, "order", answer.reason)
        return answer_with(parsed, "order", answer.sentences)

    def order_help(self, parsed: ParsedMessage) -> Reply:
        """A person has to look at an order; a rule that anybody may ask for is an answer."""
        own = parsed.matches("signal", "order_help") or looks_like_id(parsed.text)
        if not own and parsed.kinds["order_help"] < CERTAIN:
            sentences = self.passages(parsed)
            if sentences:
                return answer_with(parsed, "policy", sentences)
        return self.hand_over(parsed, "order_help", "needs_person")

    def hand_over(self, parsed: ParsedMessage, kind: Kind, reason: str) -> Reply:
        """A person takes over; what the policy says is added where it is about a service."""
        is_service = kind in ("order_help", "complaint")
        return hand_over(parsed, kind, reason, self.passages(parsed, 1) if is_service else ())

    def passages(self, parsed: ParsedMessage, most: int = 2) -> list[Sentence]:
        """The passages of the policy that surely answer a message, word by word."""
        sentences = []
        for hit in self.policy.find(parsed.text, most):
            if hit.sure:
                passage = hit.passage
                source = Source(
                    "policy", str(passage.line), passage.heading, passage.heading, passage.text
                )
                text = say("assistant.policy", parsed.language, quote=passage.text)
                sentences.append(Sentence(text, (source,)))
        return sentences
