"""The service assistant: one message in, one reply with its sources out."""

import re
from dataclasses import replace
from typing import cast

from engine.assistant.answers import Message
from engine.assistant.catalog_replies import CatalogReplies
from engine.assistant.guards import guard
from engine.assistant.lists import ListAnswers, Rank, repeated_sentences
from engine.assistant.message_vectors import Likeness
from engine.assistant.order_answers import Orders
from engine.assistant.outcomes import answer_with, hand_over
from engine.assistant.parsing import (
    BELIEVED,
    CERTAIN,
    LIKELY,
    MessageParser,
    ParsedMessage,
    plain_text,
)
from engine.assistant.policy import Policy, topics_of
from engine.assistant.product_facts import FactAnswers
from engine.assistant.product_resolution import ProductNames
from engine.assistant.rendering import FactRenderer
from engine.assistant.reply import Kind, Reply, Sentence
from engine.assistant.review_answers import Opinions
from engine.assistant.service_replies import ServiceReplies
from engine.claims import shop_checker
from engine.errors import InputError
from engine.messages import say
from engine.models.vector_cache import Encode, VectorCache
from engine.retrieval.filter_reader import shop_filters
from engine.reviews.aspects import Aspects
from engine.tables.tables import Tables

LONGEST = 1_000
# After the likeliest kind another is tried from this probability on, if it is nearly as likely.
TRIED, NEARLY = 0.15, 0.3
MOST_TRIED = 3
SMALLTALK = BELIEVED + NEARLY / 2
# What a person has to do is not answered by anything else.
FINAL = ("human", "complaint", "outside", "order_help", "order")


class Assistant:
    """One shop's assistant.

    `encode` gives the vectors of texts, `rank` orders the products of a mask for a query, `policy`
    is the shop's policy text ("" without one).
    """

    def __init__(
        self,
        tables: Tables,
        encode: Encode,
        rank: Rank,
        policy: str = "",
        aspects: Aspects | None = None,
    ) -> None:
        self.language = tables.language
        self.vectors = VectorCache(encode)
        self.checker = shop_checker(tables)
        names = ProductNames(tables)
        renderer = FactRenderer(names, self.checker)
        repeated = repeated_sentences(renderer)
        likeness = Likeness(self.vectors, list(repeated))
        self.parser = MessageParser(names, self.vectors, self.language)
        self.catalog = CatalogReplies(
            names,
            FactAnswers(renderer, likeness, list(repeated)),
            ListAnswers(renderer, likeness, repeated, shop_filters(tables), rank),
            Opinions(tables, aspects),
        )
        self.service = ServiceReplies(names, Orders(tables), self._read_policy(policy))

    @property
    def policy(self) -> Policy:
        """The policy that the assistant answers from."""
        return self.service.policy

    def set_policy(self, text: str) -> None:
        """Answer from another policy text from now on."""
        self.service.policy = self._read_policy(text)

    def reply(self, message: Message) -> Reply:
        """The reply to a message. Raises InputError for one without any words."""
        text = plain_text(message.text)
        if not re.search(r"\w", text):
            raise InputError("assistant.empty")
        parsed = self.parser.parse(text[:LONGEST], message)
        if len(text) > LONGEST:
            return hand_over(parsed, "outside", "too_long")
        reply = guard(parsed, self.catalog, self.service) or self._reply_by_kind(parsed)
        return replace(reply, kinds=dict(parsed.kinds))

    def _read_policy(self, text: str) -> Policy:
        return Policy(text, self.language, self.vectors)

    def _reply_by_kind(self, parsed: ParsedMessage) -> Reply:
        """The first answer among the likely kinds, the likeliest first."""
        first: Reply | None = None
        for kind, share in list(parsed.kinds.items())[:MOST_TRIED]:
            if first is not None and share < max(TRIED, NEARLY * parsed.kinds[first.kind]):
                break
            if kind == "outside" and share < _least_outside(parsed):
                continue
            reply = self._reply_as(cast(Kind, kind), parsed)
            if reply.action == "answer":
                return reply
            first = first or reply
            if kind in FINAL or (kind == "policy" and topics_of(parsed.text, parsed.language)):
                break
        if first is None or parsed.kinds[first.kind] < BELIEVED:
            return self.service.hand_over(parsed, first.kind if first else "outside", "unsure")
        return first

    def _reply_as(self, kind: Kind, parsed: ParsedMessage) -> Reply:
        """The reply to a message that wants this."""
        match kind:
            case "search":
                return self.catalog.search(parsed)
            case "product":
                return self.catalog.product(parsed)
            case "compare":
                return self.catalog.compare(parsed)
            case "opinion":
                return self.catalog.opinion(parsed)
            case "policy":
                return self.service.rule(parsed)
            case "order":
                return self.service.order(parsed)
            case "order_help":
                return self.service.order_help(parsed)
            case "smalltalk" if parsed.kinds[kind] >= SMALLTALK:
                greeting = Sentence(say("assistant.smalltalk", parsed.language))
                return answer_with(parsed, kind, [greeting])
            case "smalltalk":
                return hand_over(parsed, kind, "unsure")
            case "complaint" | "human" | "outside":
                return self.service.hand_over(parsed, kind, kind)


def _least_outside(parsed: ParsedMessage) -> float:
    """From which probability on a message is about something else than the shop.

    One that names products has to be less in doubt.
    """
    if parsed.resolved.specific:
        return CERTAIN
    return LIKELY if parsed.resolved.terms else 0.0
