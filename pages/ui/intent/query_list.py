"""Many queries at once, from a list that someone uploads."""

import streamlit as st

from engine.storage.workspace import Workspace
from engine.tasks.intent.answers import PREDICT, IntentInput
from pages.ui.frame.i18n import t
from pages.ui.intent.answers import as_table, labels_of
from pages.ui.parts import answers, download, names, query_file, tables


def show_list(current: Workspace, run_id: str) -> None:
    """A list of one's own: upload it, see the first rows, take the predictions along."""
    st.markdown(t("intent.list.intro"))
    queries = query_file.upload("intent_list")
    inputs = [IntentInput(query) for query in queries]
    predictions = answers.ask_all(current, PREDICT, inputs, run_id) if inputs else None
    if not predictions:
        return
    frame = as_table(predictions).drop(columns="uncertainty")
    unsure = int(frame.filter(like="_unsure").iloc[:, 0].sum())
    st.markdown(f"**{t('intent.list.done', n=f'{len(frame):,}', unsure=f'{unsure:,}')}**")
    download.offer(frame, t("intent.list.download"), "intents.csv", key="download_intents")
    labels = {str(name): t(f"intent.columns.{name}") for name in frame}
    named = frame.assign(
        **{
            head: frame[head].map(lambda label, head=head: names.label("intent", head, label))
            for head in labels_of(predictions)
        }
    )
    tables.show(named, labels=labels, alt=t("intent.list.table"), key="intents")
