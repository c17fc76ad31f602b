from pages.ui.frame import link, person, shell
from pages.ui.ideas import opened
from pages.ui.ideas.board import show_board
from pages.ui.ideas.brought import show_brought
from pages.ui.ideas.editor import show_card
from pages.ui.ideas.matrix import show_matrix
from pages.ui.parts.evidence import CITE
from pages.ui.parts.views import show_views

link.remember(CITE, opened.KEY)
workspace = shell.open_page("ideas")
voter = person.current()
show_brought(workspace)
if opened.is_open():
    show_card(workspace, voter)
else:
    show_views(
        "ideas",
        {
            "board": lambda: show_board(workspace, voter),
            "matrix": lambda: show_matrix(workspace),
        },
    )
