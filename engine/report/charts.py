"""Native charts of a presentation, which a reader can restyle and whose numbers they can open."""

import copy
from collections.abc import Sequence
from typing import cast

from pptx.chart.axis import CategoryAxis
from pptx.chart.chart import Chart as NativeChart
from pptx.chart.data import ChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION, XL_TICK_LABEL_POSITION
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.oxml.xmlchemy import BaseOxmlElement
from pptx.shapes.graphfrm import GraphicFrame
from pptx.shapes.shapetree import SlideShapes
from pptx.util import Inches, Pt

from engine.report.content import Chart, Series
from engine.report.drawing import COLOURS, bar_labels, spans, step_colour
from engine.report.layout import ChartBox
from engine.report.typeface import set_typeface
from engine.text.formulas import disarm

_TEXT = "1F2933"
_SIZE, _THIN = 11, 9


def add_chart(shapes: SlideShapes, box: ChartBox) -> None:
    """Add the chart of `box` to a slide."""
    chart = box.chart
    kind, data = {"bars": _bars, "steps": _steps, "lines": _lines}[chart.kind](chart)
    place = (Inches(box.left), Inches(box.top), Inches(box.width), Inches(box.height))
    # What the library says of its types is wrong here.
    frame = cast(GraphicFrame, shapes.add_chart(kind, *place, data))
    frame._element.nvGraphicFramePr.cNvPr.set("descr", chart.title)
    native: NativeChart = frame.chart
    _style(native, chart)
    if chart.kind == "steps":
        _colour_steps(native, chart)
    elif chart.kind == "bars":
        for series, own in zip(native.plots[0].series, chart.series, strict=True):
            _add_intervals(series._element, own)


def _data(chart: Chart, categories: Sequence[str], series: Sequence[Series]) -> ChartData:
    # The workbook behind a chart would run a text that looks like a formula.
    data = ChartData(number_format=f"#,##0.{'0' * chart.digits}" if chart.digits else "#,##0")
    data.categories = [str(disarm(category)) for category in categories]
    for one in series:
        data.add_series(str(disarm(one.name)), one.values)
    return data


def _bars(chart: Chart) -> tuple[XL_CHART_TYPE, ChartData]:
    # A bar chart begins at the bottom.
    turned = [
        Series(one.name, one.values[::-1], one.low[::-1], one.high[::-1]) for one in chart.series
    ]
    return XL_CHART_TYPE.BAR_CLUSTERED, _data(chart, bar_labels(chart)[::-1], turned)


def _lines(chart: Chart) -> tuple[XL_CHART_TYPE, ChartData]:
    return XL_CHART_TYPE.LINE, _data(chart, chart.categories, chart.series)


def _steps(chart: Chart) -> tuple[XL_CHART_TYPE, ChartData]:
    """A waterfall as stacked columns: what is below a step is a column without colour.

    A column above zero and one below it stack on their own, so a step across zero has one of each.
    """
    values = chart.series[0].values
    under, above, below = [], [], []
    for start, end in spans(values):
        low, high = min(start, end), max(start, end)
        under.append(low if low > 0 else min(high, 0.0))
        above.append(high - max(low, 0.0) if high > 0 else 0.0)
        below.append(low - min(high, 0.0) if low < 0 else 0.0)
    name = chart.series[0].name
    columns = [Series("", tuple(under)), Series(name, tuple(above)), Series(name, tuple(below))]
    return XL_CHART_TYPE.COLUMN_STACKED, _data(chart, bar_labels(chart), columns)


def _colour_steps(native: NativeChart, chart: Chart) -> None:
    plot = native.plots[0]
    plot.gap_width, plot.overlap = 40, 100
    under, *columns = plot.series
    under.format.fill.background()
    values = chart.series[0].values
    for series in columns:
        for place, value in enumerate(values):
            last = place == len(values) - 1
            colour = step_colour(value, last=last)
            fill = series.points[place].format.fill
            fill.solid()
            fill.fore_color.rgb = RGBColor.from_string(colour)


def _style(native: NativeChart, chart: Chart) -> None:
    native.font.size = Pt(_SIZE)
    native.font.color.rgb = RGBColor.from_string(_TEXT)
    for properties in native._chartSpace.iter(qn("a:defRPr")):
        set_typeface(properties)
    native.has_title = False
    native.has_legend = len(chart.series) > 1
    if native.has_legend:
        native.legend.position = XL_LEGEND_POSITION.TOP
        native.legend.include_in_layout = False
    values, categories = native.value_axis, native.category_axis
    values.has_major_gridlines = True
    values.major_gridlines.format.line.color.rgb = RGBColor.from_string("D5DBE1")
    values.format.line.fill.background()
    values.tick_labels.number_format_is_linked = True
    categories.format.line.color.rgb = RGBColor.from_string(COLOURS[-1])
    # Names stay at the edge, also where bars go below zero.
    categories.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    values.has_title = True
    text = values.axis_title.text_frame
    text.text = chart.value_name
    text.paragraphs[0].runs[0].font.size = Pt(_SIZE)
    text.paragraphs[0].runs[0].font.bold = False
    set_typeface(text.paragraphs[0].runs[0].font._element)
    for place, series in enumerate(native.plots[0].series):
        colour = RGBColor.from_string(COLOURS[place % len(COLOURS)])
        if chart.kind == "lines":
            series.format.line.color.rgb = colour
            series.format.line.width = Pt(2.25)
            series.smooth = False
        else:
            series.format.fill.solid()
            series.format.fill.fore_color.rgb = colour
            series.invert_if_negative = False
    if chart.kind == "bars":
        native.plots[0].gap_width = 45
        _label_every_bar(categories)


def _label_every_bar(axis: CategoryAxis) -> None:
    """Without it, programs leave out every other name where bars are thin (ECMA-376)."""
    axis.tick_labels.font.size = Pt(_THIN)
    every = parse_xml(f"<c:tickLblSkip {nsdecls('c')} val='1'/>")
    axis._element.find(qn("c:noMultiLvlLbl")).addprevious(every)


def _add_intervals(element: BaseOxmlElement, series: Series) -> None:
    """Error bars: the library draws none, so they are written as the format says (ECMA-376)."""
    if not series.low:
        return
    turned = list(zip(series.values, series.low, series.high, strict=True))[::-1]
    plus = [max(high - value, 0.0) for value, _, high in turned]
    minus = [max(value - low, 0.0) for value, low, _ in turned]
    bars = parse_xml(
        f"<c:errBars {nsdecls('c', 'a')}><c:errBarType val='both'/><c:errValType val='cust'/>"
        f"<c:noEndCap val='0'/>{_numbers('plus', plus)}{_numbers('minus', minus)}"
        f"<c:spPr><a:ln w='15875'><a:solidFill><a:srgbClr val='{_TEXT}'/></a:solidFill></a:ln>"
        "</c:spPr></c:errBars>"
    )
    element.find(qn("c:cat")).addprevious(copy.deepcopy(bars))


def _numbers(name: str, values: Sequence[float]) -> str:
    points = "".join(
        f"<c:pt idx='{place}'><c:v>{value!r}</c:v></c:pt>" for place, value in enumerate(values)
    )
    count = f"<c:ptCount val='{len(values)}'/>"
    literal = f"<c:numLit><c:formatCode>General</c:formatCode>{count}{points}</c:numLit>"
    return f"<c:{name}>{literal}</c:{name}>"
