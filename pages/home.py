from pages.ui.frame import session, shell
from pages.ui.home.own import offer_own
from pages.ui.home.shop import show_shop
from pages.ui.home.start import offer_samples
from pages.ui.home.tour import show_tour
from pages.ui.home.workspace_panel import show_panel
from pages.ui.parts.errors import shown_errors

shell.require_frame()
workspace = session.workspace()
if workspace is None or not workspace.about_tables():
    shell.heading("home")
    offer_own()
    offer_samples()
    show_tour()
else:
    # Damaged tables must not put undo and deletion out of reach.
    with shown_errors():
        show_shop(workspace)
if workspace is not None:
    show_panel(workspace)
