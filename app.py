"""Shoplab's frame: start it with `streamlit run app.py`."""

from pages.ui.frame import shell

shell.run_frame()
