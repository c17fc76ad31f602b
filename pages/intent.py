import streamlit as st

from engine.storage.runs import UNTUNED, Run
from engine.storage.workspace import Workspace
from engine.tasks.intent.answers import PREDICT
from pages.ui.frame import link, shell
from pages.ui.frame.i18n import t
from pages.ui.intent.answers import as_table, heads_of
from pages.ui.intent.labels import show_labels
from pages.ui.intent.mix import show_mix
from pages.ui.intent.view import show_one
from pages.ui.parts import answers, download, names, query_box, query_file, tables
from pages.ui.parts.runs import choose_run
from pages.ui.training.classifier_quality import show_quality

VIEWS = ("one", "mix", "labels", "quality", "list")


def show_query(current: Workspace, query: str, run_id: str | None) -> None:
    """One query's meaning, or what to do without one."""
    if query:
        show_one(current, query, run_id)
        return
    with st.container(border=True, key="no_query"):
        st.markdown(f"**{t('intent.empty.title')}**")
        st.markdown(t("intent.empty.text"))


def show_list(current: Workspace, run_id: str) -> None:
    """A list of one's own: upload it, see the first rows, take the predictions along."""
    st.markdown(t("intent.list.intro"))
    queries = query_file.upload("intent_list")
    items = [{"query": query} for query in queries]
    found = answers.ask_all(current, PREDICT, items, run_id) if items else None
    if not found:
        return
    frame = as_table(found).drop(columns="uncertainty")
    unsure = int(frame.filter(like="_unsure").iloc[:, 0].sum())
    st.markdown(f"**{t('intent.list.done', n=f'{len(frame):,}', unsure=f'{unsure:,}')}**")
    download.offer(frame, t("intent.list.download"), "intents.csv", key="download_intents")
    labels = {str(name): t(f"intent.columns.{name}") for name in frame}
    named = frame.assign(
        **{
            head: frame[head].map(lambda label, head=head: names.label("intent", head, label))
            for head in heads_of(found[0])
        }
    )
    tables.show(named, labels=labels, alt=t("intent.list.table"), key="intents")


def show_view(view: str, current: Workspace, query: str, run: Run | None) -> None:
    """The chosen view; the newest or chosen run answers, before any the untuned model."""
    run_id = run.run_id if run else None
    whom = run_id or UNTUNED
    match view:
        case "one":
            show_query(current, query, run_id)
        case "mix":
            show_mix(current, whom)
        case "labels":
            show_labels(current, run, whom)
        case "quality":
            show_quality(current, "intent", "query", run)
        case "list":
            show_list(current, whom)


link.remember(query_box.KEY)
workspace = shell.open_page("intent")
asked = query_box.ask_for_query(workspace, t("intent.placeholder"))
chosen = choose_run(workspace, "intent")
titles = [t(f"intent.views.{name}") for name in VIEWS]
tabs = dict(zip(VIEWS, st.tabs(titles, key="intent_view", on_change="rerun"), strict=True))
for name, tab in tabs.items():
    if tab.open:
        with tab:
            show_view(name, workspace, asked, chosen)
