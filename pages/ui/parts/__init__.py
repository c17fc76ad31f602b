"""What several pages show: answers, charts, tables, query boxes."""
