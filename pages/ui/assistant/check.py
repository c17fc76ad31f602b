"""Many messages at once: how many are answered, which are handed over, and why."""

from collections import defaultdict
from collections.abc import Sequence

import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from engine.assistant.answers import Message, MessageAnswer
from engine.assistant.chats import Chats
from engine.assistant.policy_file import policy_stamp
from engine.assistant.reply import ACTIONS
from engine.errors import ShoplabError
from engine.storage.workspace import Workspace
from pages.ui.assistant.ask import ask_replies
from pages.ui.assistant.checked_messages import MOST, CheckedMessage, read_messages
from pages.ui.assistant.reply import kind_name, reason_name
from pages.ui.frame import session, upload_limit
from pages.ui.frame.i18n import t
from pages.ui.parts import charts, download, tables
from pages.ui.parts.errors import show_error
from pages.ui.parts.uploads import read_once

_CHUNK = 16
_REMEMBERED = 3
_MEGABYTES = 2
_KEPT = "assistant_checked"


def show_check(current: Workspace) -> None:
    """Messages of a file or of the chats, the shares by kind, and every reply to download."""
    st.markdown(t("assistant.check.intro"))
    upload_limit.say_if_full(_MEGABYTES)
    file = st.file_uploader(
        t("assistant.check.upload"),
        type=["jsonl", "csv", "txt"],
        max_upload_size=_MEGABYTES,
        help=t("assistant.check.upload_help", most=MOST),
        key="check_file",
    )
    messages = _messages(current, file)
    if not messages:
        st.caption(t("assistant.check.nothing"))
        return
    stamp = (session.data_stamp(current), policy_stamp(current), tuple(messages))
    label = t("assistant.check.run" if file else "assistant.check.run_last", n=len(messages))
    if st.button(label, type="primary", icon=":material/play_arrow:", key="check_run"):
        rows = _run(current, messages)
        if rows is not None:
            st.session_state[_KEPT] = (stamp, rows)
    kept_stamp, kept_rows = st.session_state.get(_KEPT, (None, None))
    if kept_stamp == stamp:
        _show(kept_rows)


def _messages(current: Workspace, file: UploadedFile | None) -> list[CheckedMessage]:
    if file is None:
        return _last_messages(current)
    try:
        return read_once(file, _read_messages)
    except ShoplabError as error:
        show_error(error)
        return []


def _read_messages(file: UploadedFile) -> list[CheckedMessage]:
    return read_messages(file.name, file.getvalue())


def _last_messages(current: Workspace) -> list[CheckedMessage]:
    """The last messages of all chats, the oldest first, each with those before it in its chat."""
    with Chats(current) as chats:
        turns = chats.last(MOST)
    by_chat: dict[str, list[str]] = defaultdict(list)
    messages = []
    for turn in reversed(turns):
        earlier = by_chat[turn.chat]
        context = tuple(earlier[-_REMEMBERED:])
        messages.append(CheckedMessage(Message(turn.message, turn.customer, context)))
        earlier.append(turn.message)
    return messages


def _run(current: Workspace, messages: Sequence[CheckedMessage]) -> pd.DataFrame | None:
    """A row for each message with its reply; None after an error was shown."""
    rows = []
    place = st.empty()
    for start in range(0, len(messages), _CHUNK):
        text = t("assistant.check.running", done=start, total=len(messages))
        place.progress(start / len(messages), text=text)
        chunk = messages[start : start + _CHUNK]
        answers = ask_replies(current, [checked.message for checked in chunk])
        if answers is None:
            return None
        rows += [_row(*pair) for pair in zip(chunk, answers, strict=True)]
    place.empty()
    return pd.DataFrame(rows)


def _row(checked: CheckedMessage, answer: MessageAnswer) -> dict[str, object]:
    reply = answer.reply
    sources = dict.fromkeys(f"{source.kind} {source.id}" for source in reply.sources)
    return {
        "message": checked.message.text,
        "customer": checked.message.customer,
        "action": reply.action,
        "kind": reply.kind,
        "confidence": reply.confidence,
        "reason": reply.reason,
        "reply": reply.text,
        "sources": ", ".join(sources),
        "do": checked.expected,
    }


def _show(rows: pd.DataFrame) -> None:
    counts = rows["action"].value_counts()
    with st.container(horizontal=True):
        for action in ACTIONS:
            n = int(counts.get(action, 0))
            st.metric(
                t(f"assistant.actions.{action}"),
                f"{n / len(rows):.0%}",
                border=True,
                help=t("assistant.check.of", n=n, total=len(rows)),
            )
        expected = rows[rows["do"] != ""]
        if len(expected):
            right = (expected["action"] == expected["do"]).mean()
            st.metric(
                t("assistant.check.as_expected"),
                f"{right:.0%}",
                border=True,
                help=t("assistant.check.as_expected_help"),
            )
    shares = 100 * rows["action"].eq("answer").groupby(rows["kind"]).mean().sort_values()
    counted = rows["kind"].value_counts()
    figure = charts.bars(
        [
            t("assistant.check.bar", kind=kind_name(str(kind)), n=counted[kind])
            for kind in shares.index
        ],
        shares.tolist(),
        value_name=t("assistant.check.answered"),
    )
    answered = int(counts.get("answer", 0))
    least = {"kind": kind_name(str(shares.index[0])), "share": f"{shares.iloc[0]:.0f}"}
    title = t("assistant.check.title", n=answered, total=len(rows), **least)
    charts.draw(figure, title=title, note=t("assistant.check.note"), key="check_bars")
    _show_table(rows)


def _show_table(rows: pd.DataFrame) -> None:
    shown = rows.assign(
        action=rows["action"].map(lambda action: t(f"assistant.actions.{action}")),
        kind=rows["kind"].map(kind_name),
        reason=rows["reason"].map(lambda reason: reason_name(reason) if reason else ""),
        confidence=100 * rows["confidence"],
    )
    if not (rows["do"] != "").any():
        shown = shown.drop(columns="do")
    labels = {str(name): t(f"assistant.check.columns.{name}") for name in shown}
    config = {
        "confidence": st.column_config.NumberColumn(labels["confidence"], format="%.0f %%"),
        "reply": st.column_config.TextColumn(labels["reply"], width="large"),
    }
    tables.show(shown, alt=t("assistant.check.table"), labels=labels, config=config)
    download.offer(
        shown.rename(columns=labels),
        t("assistant.check.download"),
        "replies.csv",
        key="check_download",
    )
