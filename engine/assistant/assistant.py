"""The service assistant: one message in, one reply with its sources out."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from engine.assistant.answers import Message
from engine.assistant.lists import ListAnswers, Rank, repeated_sentences
from engine.assistant.message_vectors import Likeness
from engine.assistant.order_answers import Orders, looks_like_id
from engine.assistant.policy import Policy, topics_of
from engine.assistant.product_facts import FactAnswers
from engine.assistant.product_resolution import ProductNames, ResolvedProducts
from engine.assistant.rendering import FactRenderer
from engine.assistant.reply import Kind, Reply, Sentence, Source
from engine.assistant.review_answers import Opinions
from engine.assistant.understanding import Understanding, cue_pattern, cues, language_of
from engine.claims import shop_checker
from engine.errors import InputError
from engine.messages import say
from engine.models.vector_cache import Encode, VectorCache
from engine.retrieval.filter_reader import shop_filters
from engine.reviews.aspects import Aspects
from engine.tables.tables import Tables

LONGEST = 1_000
# After the likeliest kind another is tried from this probability on, if it is nearly as likely;
# below the second no kind is believed, from the last on none is doubted.
TRIED, BELIEVED, LIKELY, CERTAIN = 0.15, 0.30, 0.60, 0.80
NEARLY = 0.3
MOST_TRIED = 3
# What a person has to do is not answered by anything else.
FINAL = ("human", "complaint", "outside", "order_help", "order")
REVIEWED = 2
_HIDDEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]|<[^<>]{0,200}>"
)


@dataclass(frozen=True)
class ParsedMessage:
    """A message as it is understood."""

    text: str
    masked: str
    customer: str
    language: str
    resolved: ResolvedProducts
    kinds: Mapping[str, float]


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
        self.tables = tables
        self.vectors = VectorCache(encode)
        self.names = ProductNames(tables)
        self.checker = shop_checker(tables)
        self.opinions = Opinions(tables, aspects)
        self.orders = Orders(tables)
        renderer = FactRenderer(self.names, self.checker)
        repeated = repeated_sentences(renderer)
        likeness = Likeness(self.vectors, list(repeated))
        self.facts = FactAnswers(renderer, likeness, list(repeated))
        self.lists = ListAnswers(renderer, likeness, repeated, shop_filters(tables), rank)
        self._understanding: dict[str, Understanding] = {}
        self.understanding(self.language)
        self.set_policy(policy)

    def set_policy(self, text: str) -> None:
        """Answer from another policy text from now on."""
        self.policy = Policy(text, self.language, self.vectors)

    def understanding(self, language: str) -> Understanding:
        """What tells kinds apart in a language."""
        if language not in self._understanding:
            self._understanding[language] = Understanding(language, self.vectors)
        return self._understanding[language]

    def reply(self, message: Message) -> Reply:
        """The reply to a message. Raises InputError for one without any words."""
        text = " ".join(_HIDDEN.sub(" ", message.text).split())
        if not re.search(r"\w", text):
            raise InputError("assistant.empty")
        parsed = self._read(text[:LONGEST], message)
        if len(text) > LONGEST:
            return self._hand_over(parsed, "outside", "too_long")
        reply = self._guarded(parsed) or self._by_kind(parsed)
        return replace(reply, kinds=dict(parsed.kinds))

    def _read(self, text: str, message: Message) -> ParsedMessage:
        language = language_of(text, self.language)
        own = self.names.resolve(text + _people(text, language))
        resolved = self._in_context(text, own, message.context, language)
        masked = self.names.mask(text, own, language)
        kinds = self.understanding(language).kinds(masked)
        return ParsedMessage(text, masked, message.customer, language, resolved, kinds)

    def _in_context(
        self, text: str, own: ResolvedProducts, context: Sequence[str], language: str
    ) -> ResolvedProducts:
        """The products meant, those of earlier messages where this one names none."""
        refers = bool(cue_pattern("refers", "this", language).search(text))
        if own.specific or (own.identity and not refers):
            return own
        for earlier in reversed(context):
            before = self.names.resolve(earlier)
            if not before.rows:
                continue
            both = [row for row in before.rows if row in set(own.rows)]
            rows = both or list(before.rows)
            for place, key in enumerate(("first", "second")):
                if len(rows) > place and cue_pattern("refers", key, language).search(text):
                    rows = rows[place : place + 1]
                    break
            terms = own.terms if before.specific else (*before.identity, *own.values)
            return ResolvedProducts(tuple(rows), terms, before.specific)
        return own

    def _guarded(self, parsed: ParsedMessage) -> Reply | None:
        """The reply to what no source may answer, however it is worded."""
        for key in cues("guard", parsed.language):
            if not cue_pattern("guard", key, parsed.language).search(parsed.text):
                continue
            if key == "human":
                # "When can I talk to somebody?" is answered by the policy's hours.
                sentences = self._passages(parsed) if next(iter(parsed.kinds)) == "policy" else []
                return (
                    self._say(parsed, "policy", sentences)
                    if sentences
                    else self._hand_over(parsed, "human", key)
                )
            if key == "allergy" and (sentences := self._stated(parsed)):
                return self._say(parsed, "product", sentences)
            return self._hand_over(parsed, "outside", "medical" if key == "allergy" else key)
        return None

    def _stated(self, parsed: ParsedMessage) -> list[Sentence]:
        if not parsed.resolved.specific:
            return []
        return self.facts.stated(parsed.text, parsed.resolved, parsed.language)

    def _by_kind(self, parsed: ParsedMessage) -> Reply:
        """The first answer among the likely kinds, the likeliest first."""
        first: Reply | None = None
        for kind, share in list(parsed.kinds.items())[:MOST_TRIED]:
            if first is not None and share < max(TRIED, NEARLY * parsed.kinds[first.kind]):
                break
            if kind == "outside" and share < self._doubted(parsed):
                continue
            reply = self._answer(kind, parsed)  # type: ignore[arg-type]
            if reply.action == "answer":
                return reply
            first = first or reply
            if kind in FINAL or (kind == "policy" and topics_of(parsed.text, parsed.language)):
                break
        if first is None or parsed.kinds[first.kind] < BELIEVED:
            return self._hand_over(parsed, first.kind if first else "outside", "unsure")
        return first

    def _doubted(self, parsed: ParsedMessage) -> float:
        """From which probability on a message that names products is about something else."""
        if parsed.resolved.specific:
            return CERTAIN
        return LIKELY if parsed.resolved.terms else 0.0

    def _answer(self, kind: Kind, parsed: ParsedMessage) -> Reply:
        match kind:
            case "search":
                return self._search(parsed)
            case "product":
                return self._product(parsed)
            case "compare":
                return self._compare(parsed)
            case "opinion":
                return self._opinion(parsed)
            case "policy":
                return self._policy(parsed)
            case "order":
                return self._order(parsed)
            case "order_help":
                return self._order_help(parsed)
            case "smalltalk" if parsed.kinds[kind] >= BELIEVED + NEARLY / 2:
                return self._say(
                    parsed, kind, [Sentence(say("assistant.smalltalk", parsed.language))]
                )
            case "smalltalk":
                return self._hand_over(parsed, kind, "unsure")
        return self._hand_over(parsed, kind, kind)

    def _search(self, parsed: ParsedMessage) -> Reply:
        if cue_pattern("superlative", "best_rated", parsed.language).search(parsed.text):
            return self._opinion(parsed, "search")
        if parsed.resolved.specific and cue_pattern("ask", "stock", parsed.language).search(
            parsed.text
        ):
            return self._product(parsed)
        sentences = []
        if not self._is_loose(parsed):
            sentences = self.lists.search(parsed.text, parsed.resolved, parsed.language)
        # Whoever asks for a thing by its name is not helped by what comes near to it.
        named = cue_pattern("wants", "thing", parsed.language).search(parsed.text)
        if not sentences and not named and next(iter(parsed.kinds)) == "search":
            sentences = self.lists.needs(parsed.text, parsed.language)
        if not sentences:
            return self._hand_over(parsed, "search", "nothing_found")
        return self._say(parsed, "search", sentences)

    def _is_loose(self, parsed: ParsedMessage) -> bool:
        """Whether only the last word of a category is named, in a message about who knows what."""
        loose = parsed.kinds["search"] < LIKELY and bool(parsed.resolved.terms)
        return loose and all(term.field == "alias" for term in parsed.resolved.terms)

    def _product(self, parsed: ParsedMessage) -> Reply:
        if not parsed.resolved.rows:
            if parsed.resolved.terms:
                return self._search(parsed)
            return self._ask_back(parsed, "product", "which_product")
        if cue_pattern("ask", "stock", parsed.language).search(parsed.text):
            sentences = self.facts.stock(parsed.resolved, parsed.language)
            if not sentences:
                return self._hand_over(parsed, "product", "no_stock")
        else:
            sentences = self.facts.answer(parsed.text, parsed.resolved, parsed.language)
        if not sentences and not parsed.resolved.specific:
            return self._search(parsed)
        if not sentences:
            return self._hand_over(parsed, "product", "not_in_catalog")
        return self._say(parsed, "product", sentences)

    def _compare(self, parsed: ParsedMessage) -> Reply:
        groups = self.names.groups(parsed.text, parsed.resolved)
        if len(groups) < 2 and len(parsed.resolved.rows) > 1 and not parsed.resolved.identity:
            groups = [[row] for row in parsed.resolved.rows]
        if len(groups) < 2:
            return self._ask_back(parsed, "compare", "which_products")
        return self._say(parsed, "compare", self.lists.compare(groups, parsed.language))

    def _opinion(self, parsed: ParsedMessage, kind: Kind = "opinion") -> Reply:
        rows = list(parsed.resolved.rows)
        if not rows:
            return self._ask_back(parsed, kind, "which_product")
        if cue_pattern("superlative", "best_rated", parsed.language).search(parsed.text):
            values = parsed.resolved.values
            fitting = self.names.keep(rows, values)
            pairs = [(self.names.ids[row], self.names.titles[row]) for row in fitting]
            sentences = self.opinions.best(pairs, parsed.language)
        else:
            names = {self.names.ids[row]: self.names.titles[row] for row in rows}
            reviewed = self.opinions.reviewed(list(names), parsed.masked, REVIEWED)
            sentences = self.opinions.answer(
                parsed.masked, [(name, names[name]) for name in reviewed], parsed.language
            )
        if not sentences:
            return self._hand_over(parsed, kind, "no_reviews")
        return self._say(parsed, kind, sentences)

    def _policy(self, parsed: ParsedMessage) -> Reply:
        if looks_like_id(parsed.text) and self.orders.named(parsed.text):
            return self._order_help(parsed)
        sentences = self._passages(parsed)
        if not sentences:
            reason = "not_in_policy" if self.policy.passages else "no_policy"
            return self._hand_over(parsed, "policy", reason)
        return self._say(parsed, "policy", sentences)

    def _passages(self, parsed: ParsedMessage, most: int = 2) -> list[Sentence]:
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

    def _order_help(self, parsed: ParsedMessage) -> Reply:
        """A person has to look at an order; a rule that anybody may ask for is an answer."""
        sign = cue_pattern("signal", "order_help", parsed.language).search(parsed.text)
        own = bool(sign) or looks_like_id(parsed.text)
        if (
            not own
            and parsed.kinds["order_help"] < CERTAIN
            and (sentences := self._passages(parsed))
        ):
            return self._say(parsed, "policy", sentences)
        return self._hand_over(parsed, "order_help", "needs_person")

    def _order(self, parsed: ParsedMessage) -> Reply:
        products = [self.names.ids[row] for row in parsed.resolved.rows]
        sentences = self.orders.answer(parsed.text, parsed.customer, products, parsed.language)
        if sentences.reason:
            return self._hand_over(parsed, "order", sentences.reason)
        return self._say(parsed, "order", sentences.sentences)

    def _say(self, parsed: ParsedMessage, kind: Kind, sentences: Sequence[Sentence]) -> Reply:
        products = {
            source.id: None
            for sentence in sentences
            for source in sentence.sources
            if source.kind == "catalog"
        }
        return Reply(
            "answer",
            kind,
            parsed.language,
            tuple(sentences),
            confidence=parsed.kinds.get(kind, 0.0),
            products=tuple(products),
        )

    def _ask_back(self, parsed: ParsedMessage, kind: Kind, reason: str) -> Reply:
        text = say(f"assistant.ask_back.{reason}", parsed.language)
        return Reply(
            "ask_back",
            kind,
            parsed.language,
            (Sentence(text),),
            reason,
            parsed.kinds.get(kind, 0.0),
        )

    def _hand_over(self, parsed: ParsedMessage, kind: Kind, reason: str) -> Reply:
        """A person takes over; what the policy says is added where it is about a service."""
        sentences = [Sentence(say(f"assistant.hand_over.{reason}", parsed.language))]
        if kind in ("order_help", "complaint") and reason not in ("not_yours",):
            sentences += self._passages(parsed, 1)
        return Reply(
            "hand_over",
            kind,
            parsed.language,
            tuple(sentences),
            reason,
            parsed.kinds.get(kind, 0.0),
        )


def _people(text: str, language: str) -> str:
    """A group in a message ("for six people") as shops write it, to be read after the message."""
    match = cue_pattern("people", "words", language).search(text)
    number = next((one for one in match.groups() if one), "") if match else ""
    if not number:
        return ""
    digits = dict(one.split("=") for one in cues("people", language)["numbers"])
    (written,) = cues("people", language)["written"]
    return " " + written.format(n=digits.get(number.lower(), number))
