"""The figures that people took along from the pages, in `<workspace>/evidence/citations.jsonl`."""

from engine.errors import InputError
from engine.evidence.citation import Citation
from engine.evidence.ledger import cite_log, cite_run, cite_tuning
from engine.evidence.log_figures import read_log_figures
from engine.storage.append_log import AppendLog
from engine.storage.files import make_folder
from engine.storage.runs import list_runs
from engine.storage.workspace import Workspace
from engine.tables.tables import Tables

MOST = 500
_NEWEST_RUNS = 30


class EvidenceStore:
    """The citations of one workspace; they are only ever added to."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._log = AppendLog(workspace.folder / "evidence" / "citations.jsonl")

    def citations(self) -> tuple[Citation, ...]:
        """Those that were added, newest first; a row that is none is left out."""
        read = [_read(row) for row in self._log.rows()]
        return tuple(citation for citation in reversed(read) if citation is not None)

    def add(self, citation: Citation) -> str:
        """Add a citation, unless it is there already; gives its id.

        Raises InputError for more than `MOST`.
        """
        with self.workspace.changing():
            ids = {one.id for one in self.citations()}
            if citation.id not in ids:
                if len(ids) >= MOST:
                    raise InputError("evidence.full", most=MOST)
                make_folder(self._log.file.parent)
                self._log.append([citation.as_json()])
        return citation.id


def measured(workspace: Workspace, tables: Tables) -> tuple[Citation, ...]:
    """All that can be cited here: what was added, every run, and what the log says."""
    citations = list(EvidenceStore(workspace).citations())
    for run in list_runs(workspace)[:_NEWEST_RUNS]:
        try:
            of_tuning = cite_tuning(workspace, run)
            citations += [cite_run(workspace, run), *([of_tuning] if of_tuning else [])]
        except (KeyError, ValueError):  # a run without a baseline, or with one of no interval
            continue
    citations += [cite_log(workspace, figure) for figure in read_log_figures(tables)]
    return tuple({citation.id: citation for citation in citations}.values())


def _read(row: dict[str, object]) -> Citation | None:
    try:
        return Citation.from_json(row)
    except InputError:
        return None
