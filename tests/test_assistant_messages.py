"""A hundred customers' messages in each language, answered on the sample shops by real encoders."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from engine.assistant.answers import Message
from engine.assistant.assistant import Assistant
from engine.assistant.reply import Reply, Sentence, Source
from engine.models.pretrained import default_encoder
from engine.progress import Silent
from engine.reading.load import load_sample
from engine.retrieval.bm25 import BM25Index
from engine.storage.workspace import Workspace
from engine.tables.product_text import searchable_texts
from engine.tables.tables import Tables

DATA = Path(__file__).parent / "data"
ENOUGH = 90
NUMBER = re.compile(r"\d+(?:\.\d+)?")
QUOTED = re.compile(r"“(.+)”")


@dataclass
class Shop:
    """A sample shop, its assistant, and the policy it answers from."""

    language: str
    tables: Tables
    policy: str
    assistant: Assistant

    def reply(self, row: dict) -> Reply:
        context = tuple(row.get("context") or ())
        return self.assistant.reply(Message(row["message"], row["customer"] or "", context))


def rows_of(language: str) -> list[dict]:
    lines = (DATA / f"assistant_{language}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


@pytest.fixture(params=["en", "zh"])
def shop(request, home: Path, downloaded: Callable[[str], Path]) -> Iterator[Shop]:
    from engine.models.encoder import load_encoder

    language = request.param
    downloaded(default_encoder(language))
    workspace = Workspace.create("shop", language)
    load_sample(workspace, language, Silent())
    tables = workspace.tables()
    policy = (DATA / f"policy_{language}.md").read_text(encoding="utf-8")
    encoder = load_encoder(default_encoder(language), device="cpu")
    ids = tables.products["product_id"].tolist()
    words = BM25Index.of_texts(ids, searchable_texts(tables.products).tolist())
    return Shop(
        language, tables, policy,
        Assistant(
            tables, encoder.encode, lambda query, keep: words.search(query, 20, keep).product_ids,
            policy,
        ),
    )  # fmt: skip


def is_right(row: dict, reply: Reply) -> bool:
    """Whether the reply does what it should, with one of the texts, from one of the sources."""
    if reply.action != row["do"]:
        return False
    if reply.action != "answer":
        return True
    told = [reply.text, *(f"{one.quote}\n{one.title}\n{one.id}" for one in reply.sources)]
    said = "\n".join(told).lower()
    cited = {one.kind for one in reply.sources}
    return (not row["any"] or any(text.lower() in said for text in row["any"])) and (
        not row["source"] or bool(cited & set(row["source"]))
    )


def evidence(shop: Shop, source: Source, customer: str) -> tuple[str, set[str]]:
    """What the shop's own files hold at a source: its text, and the numbers counted from it."""
    if source.kind == "policy":
        return shop.policy, set()
    if source.kind == "catalog":
        products = shop.tables.products.set_index("product_id")
        product = products.loc[source.id].dropna()
        return "\n".join(map(str, product)), {f"{product['price']:.15g}"}
    if source.kind == "orders":
        lines = shop.tables.orders[shop.tables.orders["user_id"] == customer]
        assert source.id in set(lines["order_id"]), "somebody else's order"
        titles = shop.tables.products.set_index("product_id")["title"]
        named = lines.assign(title=lines["product_id"].map(titles))
        text = named.to_csv(index=False)
        sums = (lines["quantity"] * lines["price"]).groupby(lines["order_id"]).sum()
        counted = {f"{total:.2f}" for total in (*sums, sums.sum())}
        return text, counted | {str(lines["order_id"].nunique())}
    reviews = shop.tables.reviews
    one = reviews[reviews["review_id"] == source.id]
    if len(one):
        return one["text"].iloc[0], {f"{one['rating'].iloc[0]:g}"}
    of = reviews[reviews["product_id"] == source.id]
    stars = pd.to_numeric(of["rating"])
    counted = {len(of), int((stars >= 4).sum()), int((stars <= 2).sum()), 2, 4, 5}
    counted.add(
        len(source.rows) if {name for name, _ in source.rows} <= set(of["review_id"]) else -1
    )
    title = shop.tables.products.set_index("product_id")["title"][source.id]
    return title, {f"{stars.mean():.1f}", *map(str, counted)}


def unfounded(shop: Shop, sentence: Sentence, customer: str) -> list[str]:
    """The numbers and quotations of a sentence that the shop's files do not hold."""
    held = [evidence(shop, source, customer) for source in sentence.sources]
    text = "\n".join(part for part, _ in held)
    known = set(NUMBER.findall(text)).union(*(counted for _, counted in held))
    numbers = set(map(float, known))
    missing = [one for one in NUMBER.findall(sentence.text) if float(one) not in numbers]
    missing += [quote for quote in QUOTED.findall(sentence.text) if not said_in(quote, text)]
    return missing


def said_in(quote: str, text: str) -> bool:
    """Whether a text holds a quotation; a paragraph may be wrapped over lines, or be a list."""
    return bare(quote) in bare(text)


def bare(text: str) -> str:
    return re.sub(r"[\s*-]+", "", text)


def test_messages_are_answered_or_handed_over_rightly_and_nothing_is_made_up(shop: Shop) -> None:
    rows = rows_of(shop.language)
    assert len(rows) == 100
    wrong = []
    for row in rows:
        reply = shop.reply(row)
        for sentence in reply.sentences:
            assert unfounded(shop, sentence, row["customer"] or "") == [], (row, sentence)
            has_number = NUMBER.search(sentence.text) or QUOTED.search(sentence.text)
            assert sentence.sources or not has_number, (row, sentence)
        if not is_right(row, reply):
            wrong.append((row["message"], reply.action, reply.kind, reply.text))
    assert len(rows) - len(wrong) >= ENOUGH, wrong
