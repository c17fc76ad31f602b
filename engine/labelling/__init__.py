"""From tables to labelled examples: labels, relevance from clicks and judgments, splits."""
