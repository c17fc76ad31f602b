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
from engine.assistant.product_resolution import Meant, ProductNames
from engine.assistant.rendering import Teller
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
class Asked:
    """A message as it is understood."""

    text: str
    masked: str
    customer: str
    language: str
    meant: Meant
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
        teller = Teller(self.names, self.checker)
        spoken = repeated_sentences(teller)
        likeness = Likeness(self.vectors, list(spoken))
        self.facts = FactAnswers(teller, likeness, list(spoken))
        self.lists = ListAnswers(teller, likeness, spoken, shop_filters(tables), rank)
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
        asked = self._read(text[:LONGEST], message)
        if len(text) > LONGEST:
            return self._hand_over(asked, "outside", "too_long")
        reply = self._guarded(asked) or self._by_kind(asked)
        return replace(reply, kinds=dict(asked.kinds))

    def _read(self, text: str, message: Message) -> Asked:
        language = language_of(text, self.language)
        own = self.names.resolve(text + _people(text, language))
        meant = self._in_context(text, own, message.context, language)
        masked = self.names.mask(text, own, language)
        kinds = self.understanding(language).kinds(masked)
        return Asked(text, masked, message.customer, language, meant, kinds)

    def _in_context(self, text: str, own: Meant, context: Sequence[str], language: str) -> Meant:
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
            terms = own.terms if before.specific else (*before.identity, *own.asked)
            return Meant(tuple(rows), terms, before.specific)
        return own

    def _guarded(self, asked: Asked) -> Reply | None:
        """The reply to what no source may answer, however it is worded."""
        for key in cues("guard", asked.language):
            if not cue_pattern("guard", key, asked.language).search(asked.text):
                continue
            if key == "human":
                # "When can I talk to somebody?" is answered by the policy's hours.
                told = self._passages(asked) if next(iter(asked.kinds)) == "policy" else []
                return (
                    self._say(asked, "policy", told)
                    if told
                    else self._hand_over(asked, "human", key)
                )
            if key == "allergy" and (told := self._stated(asked)):
                return self._say(asked, "product", told)
            return self._hand_over(asked, "outside", "medical" if key == "allergy" else key)
        return None

    def _stated(self, asked: Asked) -> list[Sentence]:
        if not asked.meant.specific:
            return []
        return self.facts.stated(asked.text, asked.meant, asked.language)

    def _by_kind(self, asked: Asked) -> Reply:
        """The first answer among the likely kinds, the likeliest first."""
        first: Reply | None = None
        for kind, share in list(asked.kinds.items())[:MOST_TRIED]:
            if first is not None and share < max(TRIED, NEARLY * asked.kinds[first.kind]):
                break
            if kind == "outside" and share < self._doubted(asked):
                continue
            reply = self._answer(kind, asked)  # type: ignore[arg-type]
            if reply.action == "answer":
                return reply
            first = first or reply
            if kind in FINAL or (kind == "policy" and topics_of(asked.text, asked.language)):
                break
        if first is None or asked.kinds[first.kind] < BELIEVED:
            return self._hand_over(asked, first.kind if first else "outside", "unsure")
        return first

    def _doubted(self, asked: Asked) -> float:
        """From which probability on a message that names products is about something else."""
        if asked.meant.specific:
            return CERTAIN
        return LIKELY if asked.meant.terms else 0.0

    def _answer(self, kind: Kind, asked: Asked) -> Reply:
        match kind:
            case "search":
                return self._search(asked)
            case "product":
                return self._product(asked)
            case "compare":
                return self._compare(asked)
            case "opinion":
                return self._opinion(asked)
            case "policy":
                return self._policy(asked)
            case "order":
                return self._order(asked)
            case "order_help":
                return self._order_help(asked)
            case "smalltalk" if asked.kinds[kind] >= BELIEVED + NEARLY / 2:
                return self._say(
                    asked, kind, [Sentence(say("assistant.smalltalk", asked.language))]
                )
            case "smalltalk":
                return self._hand_over(asked, kind, "unsure")
        return self._hand_over(asked, kind, kind)

    def _search(self, asked: Asked) -> Reply:
        if cue_pattern("superlative", "best_rated", asked.language).search(asked.text):
            return self._opinion(asked, "search")
        if asked.meant.specific and cue_pattern("ask", "stock", asked.language).search(asked.text):
            return self._product(asked)
        told = []
        if not self._is_loose(asked):
            told = self.lists.search(asked.text, asked.meant, asked.language)
        # Whoever asks for a thing by its name is not helped by what comes near to it.
        named = cue_pattern("wants", "thing", asked.language).search(asked.text)
        if not told and not named and next(iter(asked.kinds)) == "search":
            told = self.lists.needs(asked.text, asked.language)
        if not told:
            return self._hand_over(asked, "search", "nothing_found")
        return self._say(asked, "search", told)

    def _is_loose(self, asked: Asked) -> bool:
        """Whether only the last word of a category is named, in a message about who knows what."""
        loose = asked.kinds["search"] < LIKELY and bool(asked.meant.terms)
        return loose and all(term.field == "alias" for term in asked.meant.terms)

    def _product(self, asked: Asked) -> Reply:
        if not asked.meant.rows:
            if asked.meant.terms:
                return self._search(asked)
            return self._ask_back(asked, "product", "which_product")
        if cue_pattern("ask", "stock", asked.language).search(asked.text):
            told = self.facts.stock(asked.meant, asked.language)
            if not told:
                return self._hand_over(asked, "product", "no_stock")
        else:
            told = self.facts.answer(asked.text, asked.meant, asked.language)
        if not told and not asked.meant.specific:
            return self._search(asked)
        if not told:
            return self._hand_over(asked, "product", "not_in_catalog")
        return self._say(asked, "product", told)

    def _compare(self, asked: Asked) -> Reply:
        groups = self.names.groups(asked.text, asked.meant)
        if len(groups) < 2 and len(asked.meant.rows) > 1 and not asked.meant.identity:
            groups = [[row] for row in asked.meant.rows]
        if len(groups) < 2:
            return self._ask_back(asked, "compare", "which_products")
        return self._say(asked, "compare", self.lists.compare(groups, asked.language))

    def _opinion(self, asked: Asked, kind: Kind = "opinion") -> Reply:
        rows = list(asked.meant.rows)
        if not rows:
            return self._ask_back(asked, kind, "which_product")
        if cue_pattern("superlative", "best_rated", asked.language).search(asked.text):
            values = asked.meant.asked
            fitting = self.names.keep(rows, values)
            pairs = [(self.names.ids[row], self.names.titles[row]) for row in fitting]
            told = self.opinions.best(pairs, asked.language)
        else:
            names = {self.names.ids[row]: self.names.titles[row] for row in rows}
            known = self.opinions.reviewed(list(names), asked.masked, REVIEWED)
            told = self.opinions.tell(
                asked.masked, [(name, names[name]) for name in known], asked.language
            )
        if not told:
            return self._hand_over(asked, kind, "no_reviews")
        return self._say(asked, kind, told)

    def _policy(self, asked: Asked) -> Reply:
        if looks_like_id(asked.text) and self.orders.named(asked.text):
            return self._order_help(asked)
        told = self._passages(asked)
        if not told:
            reason = "not_in_policy" if self.policy.passages else "no_policy"
            return self._hand_over(asked, "policy", reason)
        return self._say(asked, "policy", told)

    def _passages(self, asked: Asked, most: int = 2) -> list[Sentence]:
        told = []
        for hit in self.policy.find(asked.text, most):
            if hit.sure:
                passage = hit.passage
                source = Source(
                    "policy", str(passage.line), passage.heading, passage.heading, passage.text
                )
                text = say("assistant.policy", asked.language, quote=passage.text)
                told.append(Sentence(text, (source,)))
        return told

    def _order_help(self, asked: Asked) -> Reply:
        """A person has to look at an order; a rule that anybody may ask for is an answer."""
        sign = cue_pattern("signal", "order_help", asked.language).search(asked.text)
        own = bool(sign) or looks_like_id(asked.text)
        if not own and asked.kinds["order_help"] < CERTAIN and (told := self._passages(asked)):
            return self._say(asked, "policy", told)
        return self._hand_over(asked, "order_help", "needs_person")

    def _order(self, asked: Asked) -> Reply:
        products = [self.names.ids[row] for row in asked.meant.rows]
        told = self.orders.tell(asked.text, asked.customer, products, asked.language)
        if told.reason:
            return self._hand_over(asked, "order", told.reason)
        return self._say(asked, "order", told.sentences)

    def _say(self, asked: Asked, kind: Kind, told: Sequence[Sentence]) -> Reply:
        products = {
            source.id: None for sentence in told for source in sentence.sources
            if source.kind == "catalog"
        }  # fmt: skip
        return Reply(
            "answer", kind, asked.language, tuple(told),
            confidence=asked.kinds.get(kind, 0.0), products=tuple(products),
        )  # fmt: skip

    def _ask_back(self, asked: Asked, kind: Kind, reason: str) -> Reply:
        text = say(f"assistant.ask_back.{reason}", asked.language)
        return Reply(
            "ask_back", kind, asked.language, (Sentence(text),), reason,
            asked.kinds.get(kind, 0.0),
        )  # fmt: skip

    def _hand_over(self, asked: Asked, kind: Kind, reason: str) -> Reply:
        """A person takes over; what the policy says is added where it is about a service."""
        told = [Sentence(say(f"assistant.hand_over.{reason}", asked.language))]
        if kind in ("order_help", "complaint") and reason not in ("not_yours",):
            told += self._passages(asked, 1)
        return Reply(
            "hand_over", kind, asked.language, tuple(told), reason, asked.kinds.get(kind, 0.0)
        )


def _people(text: str, language: str) -> str:
    """A group in a message ("for six people") as shops write it, to be read after the message."""
    match = cue_pattern("people", "words", language).search(text)
    number = next((one for one in match.groups() if one), "") if match else ""
    if not number:
        return ""
    known = dict(one.split("=") for one in cues("people", language)["numbers"])
    (written,) = cues("people", language)["written"]
    return " " + written.format(n=known.get(number.lower(), number))
