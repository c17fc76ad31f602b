"""Turns tables into labelled examples: labels, relevance from clicks and judgments, splits."""
