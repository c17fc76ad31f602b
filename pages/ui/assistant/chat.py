"""The chat: write as a customer would, and see what each answer rests on."""

import secrets

import streamlit as st

from engine.assistant.answers import Message
from engine.assistant.chats import Chats, Turn
from engine.assistant.policy_file import read_policy
from engine.messages import say
from engine.storage.workspace import Workspace
from engine.tables.categories import leaf
from engine.tasks.classify.answers import HeadAnswer
from pages.ui.assistant.ask import Wording, ask_replies, choose_wording, reword
from pages.ui.assistant.reply import show_reply
from pages.ui.frame import link, session
from pages.ui.frame.callbacks import callback
from pages.ui.frame.i18n import escape, t

CHAT = "chat"
_CUSTOMER = "assistant_customer"
_PICKED = "assistant_picked"
_INTENTS = "assistant_intents"
_CUSTOMERS = 12
_EXAMPLES = ("cheapest", "opinion", "product", "policy", "order", "parcel")
# The question that greets a visitor with its answer.
_ANSWERED = "opinion"
_REMEMBERED = 3
_TITLES = 4
_LONGEST = 2_000


def show_chat(current: Workspace) -> None:
    """Who is asking, the turns so far, and the next message."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="assistant_who"):
        customer = _choose_customer(current)
        with st.popover(t("assistant.chat.settings"), icon=":material/tune:"):
            wording = choose_wording()
        st.button(
            t("assistant.chat.clear"),
            icon=":material/delete_sweep:",
            key="assistant_clear",
            help=t("assistant.chat.clear_help"),
            on_click=_clear,
            args=(current,),
        )
    if not read_policy(current):
        st.info(t("assistant.chat.no_policy"), icon=":material/gavel:")
    with Chats(current) as chats:
        turns = chats.turns(_chat())
    with st.container(border=True, key="assistant_turns"):
        if not turns:
            _show_welcome(current)
        for turn in turns:
            _show_turn(current, turn)
        place = st.container()
    typed = st.chat_input(
        t("assistant.chat.placeholder"), max_chars=_LONGEST, key="assistant_message"
    )
    message = typed or st.session_state.pop(_PICKED, None)
    if message and message.strip():
        with place:
            _answer(current, message, customer, turns, wording)


def _chat() -> str:
    if not st.session_state.get(CHAT):
        st.session_state[CHAT] = secrets.token_hex(6)
    link.show(CHAT, st.session_state[CHAT])
    return str(st.session_state[CHAT])


@callback
def _clear(current: Workspace) -> None:
    with Chats(current) as chats:
        chats.clear(_chat())


def _choose_customer(current: Workspace) -> str:
    """The id of who is signed in; "" for a guest. Any id can be typed."""
    orders = session.tables(current).orders
    counts = orders.groupby("user_id")["order_id"].nunique().sort_values(ascending=False)
    chosen = st.selectbox(
        t("assistant.chat.customer"),
        [str(user) for user in counts.index[:_CUSTOMERS]],
        index=None,
        placeholder=t("assistant.chat.guest"),
        accept_new_options=True,
        help=t("assistant.chat.customer_help"),
        key=_CUSTOMER,
        persist_state="session",
    )
    return str(chosen or "").strip()


def _show_welcome(current: Workspace) -> None:
    st.markdown(f"**{t('assistant.chat.welcome')}**")
    st.caption(t("assistant.chat.welcome_text"))
    with st.container(horizontal=True, gap="small"):
        for name, text in _examples(current).items():
            st.button(
                escape(text),
                key=f"assistant_example_{name}",
                on_click=st.session_state.__setitem__,
                args=(_PICKED, text),
            )
    st.caption(t("assistant.chat.example"))
    question = _examples(current)[_ANSWERED]
    with st.chat_message("user", avatar=":material/person:"):
        st.markdown(escape(question))
    with st.chat_message("assistant", avatar=":material/support_agent:"):
        answers = ask_replies(current, [Message(question)])
        if answers is not None:
            show_reply(answers[0].reply, answers[0].intent)


@session.per_shop(64)
def _examples(current: Workspace) -> dict[str, str]:
    """Questions that this shop's customers may ask, in the shop's language."""
    tables = session.tables(current)
    products = tables.products
    title = str(products["title"].iloc[0])
    titles = dict(zip(products["product_id"], products["title"], strict=True))
    most = tables.reviews["product_id"].value_counts().index
    leaves = products["category"].dropna().map(leaf)
    about = {
        "title": title,
        "reviewed": next((titles[name] for name in most if name in titles), title),
        "category": leaves.mode().iloc[0] if len(leaves) else title,
    }
    return {
        name: say(f"assistant.examples.{name}", current.language, **about) for name in _EXAMPLES
    }


def _show_turn(current: Workspace, turn: Turn) -> None:
    with st.chat_message("user", avatar=":material/person:"):
        st.markdown(escape(turn.message))
    with st.chat_message("assistant", avatar=":material/support_agent:"):
        intents: dict[int, HeadAnswer] = st.session_state.get(_INTENTS, {})
        show_reply(turn.reply, intents.get(turn.number))


def _answer(
    current: Workspace, message: str, customer: str, turns: list[Turn], wording: Wording
) -> None:
    """Ask, keep the turn, and show it by a rerun; an error is shown and nothing kept."""
    with st.chat_message("user", avatar=":material/person:"):
        st.markdown(escape(message))
    with st.chat_message("assistant", avatar=":material/support_agent:"):
        context = _context(current, turns)
        answers = ask_replies(current, [Message(message, customer, context)])
        if answers is None:
            return
        (answer,) = answers
        reply = reword(current, answer.reply, message, wording)
    with Chats(current) as chats:
        number = chats.add(_chat(), customer, message, reply)
    if answer.intent:
        st.session_state.setdefault(_INTENTS, {})[number] = answer.intent
    st.rerun()


def _context(current: Workspace, turns: list[Turn]) -> tuple[str, ...]:
    """The customer's earlier messages, and the titles of the products in the replies."""
    products = session.tables(current).products
    titles = dict(zip(products["product_id"], products["title"], strict=True))
    context: list[str] = []
    for turn in turns[-_REMEMBERED:]:
        context.append(turn.message)
        named = [titles[name] for name in turn.reply.products[:_TITLES] if name in titles]
        if named:
            context.append("\n".join(named))
    return tuple(context)
