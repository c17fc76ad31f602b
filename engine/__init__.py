"""Shoplab's engine: everything that learns, measures or stores; it never imports streamlit."""
