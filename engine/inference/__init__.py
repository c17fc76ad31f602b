"""Answers for the pages, from a process of their own that holds the models."""
