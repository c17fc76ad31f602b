"""A report as one HTML file that needs nothing else: no script, no font, no address."""

import html

from engine.report.content import Block, Chart, Claim, Report, Table, Text
from engine.report.svg import chart_svg

_STYLE = """
:root { color-scheme: light dark; --ink: #1f2933; --faint: #5f6b7a; --line: #d5dbe1;
  --head: #f1f5f9; --paper: #ffffff }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6eaef; --faint: #a3aebb; --line: #3a4552; --head: #232b35; --paper: #12171d } }
body { margin: 0 auto; max-width: 60rem; padding: 2rem 1.2rem; color: var(--ink);
  background: var(--paper); line-height: 1.55;
  font-family: Arial, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif }
section { border-top: 1px solid var(--line); margin-top: 2rem }
p.source, p.note { color: var(--faint); font-size: .85rem; margin-top: -.6rem }
p.grey { color: var(--faint) }
figure { margin: 1.2rem 0 } figcaption { font-weight: bold } svg { width: 100%; height: auto }
div.scroll { overflow-x: auto }
table { border-collapse: collapse; width: 100%; font-size: .9rem }
caption { text-align: left; font-weight: bold; padding: .4rem 0 }
th, td { border: 1px solid var(--line); padding: .35rem .5rem; text-align: left;
  vertical-align: top }
th { background: var(--head) }
p.text { white-space: pre-line }
@media print { section { break-inside: avoid-page } }
"""
_LANGUAGES = {"zh": "zh-Hans", "en": "en"}
# Nothing is loaded or run, whatever a text says.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def write_html(report: Report) -> bytes:
    """The page, in UTF-8."""
    sections = "".join(
        f"<section><h2>{_safe(page.title)}</h2>{''.join(map(_block, page.blocks))}</section>\n"
        for page in report.pages
    )
    document = (
        f'<!DOCTYPE html>\n<html lang="{_LANGUAGES[report.language]}">\n<head>\n'
        f'<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_safe(report.title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{_safe(report.title)}</h1>\n<p>{_safe(report.subtitle)}</p>\n{sections}</body>\n</html>\n"
    )
    return document.encode()


def _block(block: Block) -> str:
    match block:
        case Text():
            name = f"<strong>{_safe(block.name)}</strong> " if block.name else ""
            return f'<p class="text">{name}{_safe(block.text)}</p>'
        case Claim():
            look = "" if block.holds else ' class="grey"'
            return f'<p{look}>{_safe(block.text)}</p><p class="source">{_safe(block.source)}</p>'
        case Chart():
            note = f'<p class="note">{_safe(block.note)}</p>' if block.note else ""
            title = f"<figcaption>{_safe(block.title)}</figcaption>"
            return f"<figure>{title}{chart_svg(block)}{note}</figure>"
        case Table():
            return _table(block)


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{_safe(cell)}</th>' for cell in table.head)
    rows = "".join(
        f"<tr>{''.join(f'<td>{_safe(cell)}</td>' for cell in row)}</tr>" for row in table.rows
    )
    caption = f"<caption>{_safe(table.name)}</caption>"
    inner = f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    return f'<div class="scroll">{inner}</div>'


def _safe(text: str) -> str:
    return html.escape(text, quote=True)
