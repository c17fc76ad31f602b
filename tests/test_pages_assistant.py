"""The assistant's page in both languages: chat, hand-overs, policy and the check of many."""

import json

import pandas as pd
import pytest

from engine.assistant.answers import Message, ReplyInput
from engine.assistant.chats import Chats
from engine.assistant.policy_file import keep_policy, read_policy
from engine.errors import InputError
from engine.models.endpoint import Endpoint
from engine.serving import client
from engine.storage.workspace import Workspace
from pages.ui.assistant.checked_messages import CheckedMessage, read_messages
from tests.doubles.assistant import AssistantModels
from tests.runs_double import finish_run
from tests.shop_double import HOSTILE, clean, open_page, said_on, small_shop, texts_of, whole

TITLES = {"en": "Customer service assistant", "zh": "智能客服"}
VIEWS = {
    "en": ("Chat", "Handovers", "Shop policy", "Test many"),
    "zh": ("对话", "转人工", "店铺政策", "批量测试"),
}
POLICY = "# Returns\n\n- Items can be returned within 30 days.\n"
RETURNS = {"en": "can I return a jacket?", "zh": "can I return a jacket, please?"}


@pytest.fixture
def assistant(home, monkeypatch) -> AssistantModels:
    models = AssistantModels()
    monkeypatch.setattr(client, "ask", models.ask)
    return models


def shop_with_orders(language: str = "en") -> Workspace:
    shop = small_shop(language, log=False)
    orders = pd.DataFrame(
        {
            "order_id": ["A100", "A101"],
            "product_id": ["P03", "P13"],
            "user_id": ["ann", "bob"],
            "time": pd.to_datetime(["2025-11-01", "2025-11-02"]),
            "quantity": [1, 2],
            "price": [13.0, 23.0],
        }
    )  # fmt: skip
    shop.replace_tables({"orders": whole("orders", orders)}, {})
    return shop


def open_view(shop: Workspace, number: int, language: str = "en", **state: object):
    app = open_page("assistant", shop, language)
    for name, value in state.items():
        app.session_state[name] = value
    app.session_state["assistant_view"] = VIEWS[language][number]
    return clean(app.run())


def say(app, message: str):
    return clean(app.chat_input[0].set_value(message).run())


def press(app, key: str):
    return clean(next(one for one in app.button if one.key == key).click().run())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_message_is_answered_with_its_source_and_a_reload_keeps_it(assistant, language) -> None:
    shop = shop_with_orders(language)
    keep_policy(shop, POLICY, "policy.md")
    app = open_view(shop, 0, language)
    assert app.title[0].value == TITLES[language]
    app = say(app, RETURNS[language])
    assert "Items can be returned within 30 days." in said_on(app)
    chat = app.session_state["chat"]
    again = clean(open_page("assistant", shop, language, chat=chat))
    assert "Items can be returned within 30 days." in said_on(again)
    other = clean(open_page("assistant", shop, language))
    assert "30 days" not in said_on(other)


def test_every_text_of_the_page_is_in_both_languages(assistant) -> None:
    for language in ("en", "zh"):
        shop = Workspace.create(f"empty-{language}", language)
        shop.replace_tables({"products": small_frame()}, {})
        for number in range(4):
            app = open_view(shop, number, language)
            assert not app.exception
            assert texts_of(app)


def small_frame() -> pd.DataFrame:
    products = pd.DataFrame({"product_id": ["P1", "P2"], "title": ["Red cup", "Blue jug"]})
    return whole("products", products)


def test_a_shop_without_an_intent_model_is_not_asked_for_intents(assistant) -> None:
    say(open_view(shop_with_orders(), 0), "hello")
    assert assistant.bodies[-1] == ReplyInput((Message("hello"),), intent="")


@pytest.mark.parametrize(("language", "name"), [("en", "By attribute"), ("zh", "按属性筛选")])
def test_the_shops_own_intent_stands_by_its_name(assistant, language, name) -> None:
    shop = shop_with_orders(language)
    finish_run(shop, "intent", recommended="tuned")
    said = said_on(say(open_view(shop, 0, language), "a red teapot"))
    assert name in said
    assert "by_attribute" not in said


def test_a_customer_sees_only_their_own_orders(assistant) -> None:
    shop = shop_with_orders()
    app = say(open_view(shop, 0, assistant_customer="ann"), "what did I order last?")
    assert "A100" in said_on(app)
    assert "A101" not in said_on(app)
    app = say(app, "what is in order A101?")
    assert "P13" not in said_on(app)
    assert "Teapot" not in said_on(app)


def test_a_hand_over_waits_for_a_person_until_it_is_ticked_off(assistant) -> None:
    shop = shop_with_orders()
    app = say(open_view(shop, 0), "I want to talk to a human")
    assert "Handed over to a person" in said_on(app)
    app = open_view(shop, 1)
    assert "I want to talk to a human" in said_on(app)
    app = press(app, "done_1")
    assert "No message is waiting for a person" in said_on(app)


def test_a_cleared_chat_is_gone_but_who_waits_still_waits(assistant) -> None:
    shop = shop_with_orders()
    app = say(say(open_view(shop, 0), "hello"), "I want to talk to a human")
    app = press(app, "assistant_clear")
    assert "talk to a human" not in said_on(app)
    with Chats(shop) as chats:
        assert [turn.message for turn in chats.last(10)] == ["I want to talk to a human"]
        assert len(chats.open_hand_overs()) == 1


def test_what_is_written_is_shown_letter_by_letter(assistant) -> None:
    shop = shop_with_orders()
    app = say(open_view(shop, 0), f"how much is {HOSTILE}")
    assert HOSTILE in said_on(app)
    assert HOSTILE not in texts_of(app)


def test_another_workspace_sees_nothing_of_a_chat(assistant) -> None:
    shop = shop_with_orders()
    app = say(open_view(shop, 0), "I want to talk to a human")
    other = Workspace.create("other", "en")
    other.replace_tables({"products": small_frame()}, {})
    app = clean(open_page("assistant", other, chat=app.session_state["chat"]))
    assert "talk to a human" not in said_on(app)
    assert "No message is waiting" in said_on(open_view(other, 1))


def test_the_policy_is_taken_edited_and_undone(assistant) -> None:
    shop = shop_with_orders()
    app = press(open_view(shop, 2), "policy_sample")
    assert "30 days of delivery" in read_policy(shop)
    app.text_area[0].set_value("# Returns\n\nNothing can be returned.")
    app = press(clean(app.run()), "policy_save")
    assert read_policy(shop) == "# Returns\n\nNothing can be returned.\n"
    press(app, "policy_undo")
    assert "30 days of delivery" in read_policy(shop)


def test_a_wording_that_says_more_than_the_sources_is_dropped(assistant) -> None:
    shop = shop_with_orders()
    keep_policy(shop, POLICY, "policy.md")
    assistant.text = "You can return items within 90 days."
    app = say(open_view(shop, 0, assistant_wording="local"), "can I return a jacket?")
    assert "90 days" not in said_on(app)
    assert "was not used" in "".join(one.value for one in app.markdown) + said_on(app)
    assistant.text = "Items can be returned within 30 days, happy to help."
    app = say(app, "can I return it?")
    assert assistant.text in said_on(app)


def test_many_messages_are_counted_by_kind(assistant) -> None:
    shop = shop_with_orders()
    app = open_view(shop, 0)
    for message in ("hello", "I want to talk to a human", "how much is Rain jacket 3?"):
        app = say(app, message)
    app = press(open_view(shop, 3), "check_run")
    shown = app.dataframe[0].value
    assert shown["message"].tolist() == [
        "hello", "I want to talk to a human", "how much is Rain jacket 3?",
    ]  # fmt: skip
    assert [metric.value for metric in app.metric] == ["67%", "0%", "33%"]


def test_files_of_messages_are_read_or_refused_by_line() -> None:
    lines = [json.dumps({"message": "hi", "customer": None, "do": "answer"}), ""]
    (row,) = read_messages("a.jsonl", "\n".join(lines).encode())
    assert row == CheckedMessage(Message("hi", customer="", context=()), expected="answer")
    table = "message,context\nhi,\nho,a mug\n"
    assert [row.message for row in read_messages("a.csv", table.encode())] == [
        Message("hi"),
        Message("ho", context=("a mug",)),
    ]
    rows = read_messages("a.txt", "你好\n\n在吗".encode())
    assert [row.message.text for row in rows] == ["你好", "在吗"]
    for name, data, code in (
        ("a.jsonl", b'{"message": "hi"}\n{', "reader.broken_json_line"),
        ("a.jsonl", b'{"text": "hi"}', "assistant.bad_message"),
        ("a.jsonl", b'{"message": "hi", "context": [3]}', "assistant.bad_message"),
        ("a.csv", b"text\nhi\n", "assistant.no_messages"),
        ("a.txt", b" \n...", "assistant.no_messages"),
    ):
        with pytest.raises(InputError) as caught:
            read_messages(name, data)
        assert caught.value.code == code


def test_an_endpoint_may_word_an_answer_and_its_key_stays_in_memory(
    assistant, monkeypatch, home
) -> None:
    shop = shop_with_orders()
    keep_policy(shop, POLICY, "policy.md")
    told = []

    def write(endpoint, messages) -> str:
        told.append((endpoint.key, messages[1]["content"]))
        return "Happy to help: items can be returned within 30 days."

    monkeypatch.setattr(Endpoint, "ask", write)
    about = {"describe_endpoint_url": "http://x", "describe_endpoint_model": "m"}
    about |= {"describe_endpoint_key": "secret-key", "assistant_wording": "endpoint"}
    app = say(open_view(shop, 0, **about), "can I return a jacket?")
    assert "Happy to help: items can be returned" in said_on(app)
    ((key, prompt),) = told
    assert key == "secret-key"
    assert "within 30 days" in prompt
    files = [path for path in home.rglob("*") if path.is_file()]
    assert files
    assert not any(b"secret-key" in path.read_bytes() for path in files)
