"""Many messages at once: how many are answered, which are handed over, and why."""

import io
import json
from collections import defaultdict
from typing import Any

import pandas as pd
import streamlit as st

from engine.assistant.chats import Chats
from engine.assistant.policy_file import policy_stamp
from engine.assistant.reply import ACTIONS
from engine.errors import InputError, ShoplabError
from engine.storage.workspace import Workspace
from pages.ui.assistant.ask import ask_replies
from pages.ui.assistant.reply import kind_name, reason_name
from pages.ui.frame import session
from pages.ui.frame.i18n import t
from pages.ui.parts import charts, download, tables
from pages.ui.parts.errors import show_error

_MOST = 500
_CHUNK = 16
_REMEMBERED = 3
_MEGABYTES = 2
_KEPT = "assistant_checked"


def show_check(current: Workspace) -> None:
    """Messages of a file or of the chats, the shares by kind, and every reply to download."""
    st.markdown(t("assistant.check.intro"))
    file = st.file_uploader(
        t("assistant.check.upload"), type=["jsonl", "csv", "txt"], max_upload_size=_MEGABYTES,
        help=t("assistant.check.upload_help", most=_MOST), key="check_file",
    )  # fmt: skip
    messages = _messages(current, file)
    if not messages:
        st.caption(t("assistant.check.nothing"))
        return
    about = f"{session.data_stamp(current)} {policy_stamp(current)} {json.dumps(messages)}"
    label = t("assistant.check.run" if file else "assistant.check.run_last", n=len(messages))
    if st.button(label, type="primary", icon=":material/play_arrow:", key="check_run"):
        found = _run(current, messages)
        if found is not None:
            st.session_state[_KEPT] = (about, found)
    kept = st.session_state.get(_KEPT)
    if kept and kept[0] == about:
        _show(pd.DataFrame(kept[1]))


def read_messages(name: str, data: bytes) -> list[dict[str, Any]]:
    """The messages of a file: JSON lines, CSV with a column `message`, or one text a line.

    Raises InputError for a file without messages, or with lines that are none.
    """
    text = data.decode("utf-8-sig", errors="replace")
    if name.endswith(".jsonl"):
        rows = []
        # Not `splitlines`: a message may hold U+2028, which it takes for an end.
        for number, line in enumerate(text.split("\n"), start=1):
            if not line.strip():
                continue
            try:
                item = json.loads(line)
            except ValueError as error:
                raise InputError("reader.broken_json_line", file=name, row=number) from error
            if not isinstance(item, dict) or not isinstance(item.get("message"), str):
                raise InputError("assistant.bad_message", row=number)
            rows.append(item)
    elif name.endswith(".csv"):
        try:
            frame = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
        except (ValueError, pd.errors.ParserError) as error:
            raise InputError("assistant.no_messages", file=name) from error
        if "message" not in frame:
            raise InputError("assistant.no_messages", file=name)
        rows = frame.to_dict("records")
    else:
        rows = [{"message": line} for line in text.splitlines()]
    rows = [row for row in rows if any(sign.isalnum() for sign in row["message"])]
    if not rows:
        raise InputError("assistant.no_messages", file=name)
    return [
        {
            "message": row["message"], "customer": row.get("customer") or "",
            "context": row.get("context") or [], "do": row.get("do") or "",
        }
        for row in rows[:_MOST]
    ]  # fmt: skip


def _messages(current: Workspace, file: Any) -> list[dict[str, Any]]:
    if file is None:
        with Chats(current) as chats:
            turns = chats.last(_MOST)
        said: dict[str, list[str]] = defaultdict(list)
        found = []
        for one in reversed(turns):
            context = said[one.chat][-_REMEMBERED:]
            found.append(
                {"message": one.message, "customer": one.customer, "context": context, "do": ""}
            )
            said[one.chat].append(one.message)
        return found
    try:
        return read_messages(file.name, file.getvalue())
    except ShoplabError as error:
        show_error(error)
        return []


def _run(current: Workspace, messages: list[dict[str, Any]]) -> list[dict[str, Any]] | None:
    rows: list[dict[str, Any]] = []
    place = st.empty()
    for start in range(0, len(messages), _CHUNK):
        text = t("assistant.check.running", done=start, total=len(messages))
        place.progress(start / len(messages), text=text)
        chunk = messages[start : start + _CHUNK]
        asked = [{name: one[name] for name in ("message", "customer", "context")} for one in chunk]
        found = ask_replies(current, asked)
        if found is None:
            return None
        rows += [_row(one, reply) for one, reply in zip(chunk, found, strict=True)]
    place.empty()
    return rows


def _row(asked: dict[str, Any], reply: dict[str, Any]) -> dict[str, Any]:
    sources = {f"{one['kind']} {one['id']}": None for one in reply["sources"]}
    return {
        "message": asked["message"], "customer": asked["customer"], "action": reply["action"],
        "kind": reply["kind"], "confidence": reply["confidence"], "reason": reply["reason"],
        "reply": reply["text"], "sources": ", ".join(sources), "do": asked["do"],
    }  # fmt: skip


def _show(rows: pd.DataFrame) -> None:
    counts = rows["action"].value_counts()
    with st.container(horizontal=True):
        for action in ACTIONS:
            n = int(counts.get(action, 0))
            st.metric(t(f"assistant.actions.{action}"), f"{n / len(rows):.0%}", border=True,
                      help=t("assistant.check.of", n=n, total=len(rows)))  # fmt: skip
        expected = rows[rows["do"] != ""]
        if len(expected):
            right = (expected["action"] == expected["do"]).mean()
            st.metric(t("assistant.check.as_expected"), f"{right:.0%}", border=True,
                      help=t("assistant.check.as_expected_help"))  # fmt: skip
    shares = 100 * rows["action"].eq("answer").groupby(rows["kind"]).mean().sort_values()
    counted = rows["kind"].value_counts()
    figure = charts.bars(
        [t("assistant.check.bar", kind=kind_name(str(kind)), n=counted[kind])
         for kind in shares.index],
        shares.tolist(),
        value_name=t("assistant.check.answered"),
    )  # fmt: skip
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
        shown.rename(columns=labels), t("assistant.check.download"), "replies.csv",
        key="check_download",
    )  # fmt: skip
