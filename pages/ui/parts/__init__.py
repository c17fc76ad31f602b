"""Parts that several pages share: answers, charts, tables, query boxes."""
