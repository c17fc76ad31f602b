"""Shoplab's frame: start it with `streamlit run app.py`."""

import streamlit as st
from starlette.middleware import Middleware

from pages.ui.frame import shell
from pages.ui.frame.upload_limit import UploadLimit

if __name__ == "__main__":  # a rerun of a tab; the server imports the file
    shell.run_frame()
else:
    app = st.App(__file__, middleware=[Middleware(UploadLimit)])
