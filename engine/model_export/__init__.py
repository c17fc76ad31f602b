"""Tuned models as Hugging Face folders that need no Shoplab, and such folders back as models."""
