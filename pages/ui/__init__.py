"""What the pages share: frame, texts, session, charts, tables, downloads."""
