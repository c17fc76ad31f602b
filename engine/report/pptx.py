"""A report as a presentation with native charts and tables."""

import io
from datetime import UTC, datetime

from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE, PP_ALIGN
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.presentation import Presentation as Deck
from pptx.slide import Slide as NativeSlide
from pptx.text.text import TextFrame
from pptx.util import Inches, Pt

from engine.report.charts import add_chart
from engine.report.content import Report
from engine.report.fit import LINE_HEIGHT
from engine.report.layout import (
    CELL_X,
    CELL_Y,
    HEIGHT,
    WIDTH,
    ChartBox,
    Line,
    Slide,
    TableBox,
    TextBox,
    lay_out,
)
from engine.report.typeface import set_theme, set_typeface

_TEXT, _FAINT = RGBColor(0x1F, 0x29, 0x33), RGBColor(0x5F, 0x6B, 0x7A)
_HEAD, _STRIPE = RGBColor(0x25, 0x7E, 0xD1), RGBColor(0xF1, 0xF5, 0xF9)
_WHITE = RGBColor(0xFF, 0xFF, 0xFF)
_TITLE_ONLY = 5
_LANGUAGES = {"zh": ("zh-CN", "en-US"), "en": ("en-US", "zh-CN")}


def write_pptx(report: Report) -> bytes:
    """The presentation, 16 by 9."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = Inches(WIDTH), Inches(HEIGHT)
    deck.core_properties.title = report.title
    deck.core_properties.author = "Shoplab"
    deck.core_properties.language = _LANGUAGES[report.language][0]
    deck.core_properties.created = deck.core_properties.modified = datetime.now(UTC)
    _set_theme(deck)
    for slide in lay_out(report):
        _add_slide(deck, slide, report.language)
    written = io.BytesIO()
    deck.save(written)
    return written.getvalue()


def _set_theme(deck: Deck) -> None:
    for relation in deck.slide_master.part.rels.values():
        if relation.reltype == RELATIONSHIP_TYPE.THEME:
            part = relation.target_part
            part._blob = set_theme(part.blob)


def _add_slide(deck: Deck, slide: Slide, language: str) -> None:
    native: NativeSlide = deck.slides.add_slide(deck.slide_layouts[_TITLE_ONLY])
    title = native.shapes.title
    assert title is not None  # noqa: S101 - the layout has one
    box = slide.title
    title.left, title.top = Inches(box.left), Inches(box.top)
    title.width, title.height = Inches(box.width), Inches(box.height)
    _write(title.text_frame, slide.title.lines, language)
    for paragraph in title.text_frame.paragraphs:
        paragraph.alignment = PP_ALIGN.LEFT  # the layout centres it
    for one in slide.boxes:
        match one:
            case TextBox():
                place = (one.left, one.top, one.width, one.height)
                shape = native.shapes.add_textbox(*map(Inches, place))
                _write(shape.text_frame, one.lines, language)
            case ChartBox():
                add_chart(native.shapes, one)
            case TableBox():
                _add_table(native, one, language)


def _add_table(native: NativeSlide, box: TableBox, language: str) -> None:
    place = (box.left, box.top, sum(box.widths), sum(box.heights))
    frame = native.shapes.add_table(len(box.rows), len(box.widths), *map(Inches, place))
    frame._element.nvGraphicFramePr.cNvPr.set("descr", box.name)
    table = frame.table
    for number, width in enumerate(box.widths):
        table.columns[number].width = Inches(width)
    for number, (texts, height) in enumerate(zip(box.rows, box.heights, strict=True)):
        table.rows[number].height = Inches(height)
        head = number == 0
        for cell, text in zip(table.rows[number].cells, texts, strict=True):
            cell.margin_left = cell.margin_right = Inches(CELL_X / 2)
            cell.margin_top = cell.margin_bottom = Inches(CELL_Y / 2)
            cell.vertical_anchor = MSO_ANCHOR.MIDDLE
            cell.fill.solid()
            stripe = _STRIPE if number % 2 == 0 else _WHITE
            cell.fill.fore_color.rgb = _HEAD if head else stripe
            line = Line(text, box.size, bold=head)
            _write_paragraphs(cell.text_frame, (line,), language, _WHITE if head else None)


def _write(frame: TextFrame, lines: tuple[Line, ...], language: str) -> None:
    frame.word_wrap = True
    frame.auto_size = MSO_AUTO_SIZE.NONE
    frame.margin_left = frame.margin_right = Inches(0)
    frame.margin_top = frame.margin_bottom = Inches(0)
    frame.vertical_anchor = MSO_ANCHOR.TOP
    _write_paragraphs(frame, lines, language)


def _write_paragraphs(
    frame: TextFrame, lines: tuple[Line, ...], language: str, colour: RGBColor | None = None
) -> None:
    own, other = _LANGUAGES[language]
    rows = [(line, text) for line in lines for text in line.text.split("\n")]
    for place, (line, text) in enumerate(rows):
        paragraph = frame.paragraphs[0] if place == 0 else frame.add_paragraph()
        # In points, since fonts differ in how high a line is.
        paragraph.line_spacing = Pt(line.size * LINE_HEIGHT)
        paragraph.space_before = paragraph.space_after = Pt(0)
        run = paragraph.add_run()
        run.text = text
        run.font.size = Pt(line.size)
        run.font.bold = line.bold
        run.font.color.rgb = colour or (_FAINT if line.faint else _TEXT)
        properties = run.font._element
        properties.set("lang", own)
        properties.set("altLang", other)
        set_typeface(properties)
