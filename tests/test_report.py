"""The report: each claim with its source, nothing overflows, no text does more than be read."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageFont
from pptx import Presentation
from pptx.oxml.ns import qn
from pptx.presentation import Presentation as Deck
from pptx.util import Emu

from engine.case.assumptions import Assumptions
from engine.case.gain import Gain
from engine.case.store import Case, CaseStore
from engine.errors import InputError
from engine.evidence.ledger import cite_opinion, cite_run
from engine.experiment.plan import Guardrail, Plan
from engine.experiment.store import PlanStore
from engine.ideas.board import IdeaBoard
from engine.ideas.card import Card
from engine.messages import LANGUAGES
from engine.report.build import build, check_choice, choices
from engine.report.content import Chart, Claim, Page, Report, Series, Table, Text
from engine.report.drawing import spans
from engine.report.fit import fit, height_of, width_of, wrap
from engine.report.html_file import write_html
from engine.report.layout import BOTTOM, HEIGHT, WIDTH, TableBox, TextBox, lay_out
from engine.report.markdown_file import guard, write_archive
from engine.report.pptx import write_pptx
from engine.report.svg import slide_svg
from engine.report.writers import write_report
from engine.storage.files import write_json
from engine.storage.runs import run_folder
from engine.storage.workspace import Workspace
from tests.runs_double import make_run, make_shop

HOSTILE = '=HYPERLINK("http://x") <img src=x onerror=alert(1)> [a](javascript:x) `|` \x0b & "q"'
LONG = {
    "en": "People who describe a need rather than a product find nothing, and leave the shop. " * 7,
    "zh": "用需求而不是用商品名来描述的顾客什么也找不到，于是离开了店铺；他们不知道店里把它叫什么。"
    * 12,
}
CHINESE_FONT = Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc")


def full_shop(language: str) -> Workspace:
    """A shop with two runs, cards with long and hostile texts, a case and a plan."""
    shop = make_shop(language)
    fingerprint = shop.tables().fingerprint
    for run_id in ("search-1", "search-2"):
        run = make_run(shop, "search", run_id, skill=0.95)
        record = replace(run, data_fingerprint=fingerprint).as_json()
        write_json(run_folder(shop, run_id) / "run.json", record)
    run = replace(run, data_fingerprint=fingerprint)
    text = LONG[language][:600]
    board = IdeaBoard(shop)
    board.save(
        Card(
            title=HOSTILE[:70],
            customer=text,
            pain=text,
            idea=text,
            model=text,
            risk=HOSTILE,
            evidence=(cite_run(shop, run), cite_opinion(HOSTILE)),
        )
    )
    board.save(Card(title="W" * 80, idea="0" * 600))
    citation = cite_run(shop, run)
    gain = Gain(0.04, 0.01, 0.07, "ndcg@10", citation.as_json())
    CaseStore(shop).save(Case(Assumptions(), gain, 1.0))
    PlanStore(shop).save(
        Plan(
            hypothesis=text[:400],
            metric="shopper_conversion",
            kind="proportion",
            baseline=0.05,
            variance=0.0475,
            effect=0.1,
            days=14,
            shoppers=60_000,
            guardrails=(Guardrail("order_value", 0.05, 0.03),),
            data_fingerprint=fingerprint,
            created=1.0,
        )
    )
    return shop


@pytest.fixture(scope="module", params=LANGUAGES)
def report(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Report]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOPLAB_HOME", str(tmp_path_factory.mktemp("home")))
        yield build(full_shop(request.param), request.param)


@pytest.fixture(scope="module")
def deck(report: Report) -> Deck:
    return Presentation(io.BytesIO(write_pptx(report)))


def test_a_report_holds_all_that_there_is(report: Report) -> None:
    keys = [page.key for page in report.pages]
    assert keys[:1] + keys[-1:] == ["shop", "limits"]
    assert {"run:search-1", "run:search-2", "two:search-2+search-1", "ideas", "case", "plan"} <= {
        *keys
    }
    assert sum(key.startswith("card:") for key in keys) == 2
    assert len(report.claims) >= 8
    assert all(claim.source for claim in report.claims)
    assert all(claim.holds for claim in report.claims)


def test_nothing_on_a_slide_overflows(report: Report) -> None:
    for slide in lay_out(report):
        for box in (slide.title, *slide.boxes):
            assert box.left >= 0
            assert box.top >= 0
            if isinstance(box, TextBox):
                needed = sum(height_of(line.text, line.size, box.width) for line in box.lines)
                assert needed <= box.height + 1e-6, box
            height = sum(box.heights) if isinstance(box, TableBox) else box.height
            width = sum(box.widths) if isinstance(box, TableBox) else box.width
            assert box.left + width <= WIDTH + 1e-6
            assert box.top + height <= HEIGHT + 1e-6
        stacked = sorted(slide.boxes[:-1], key=lambda box: box.top)
        for above, below in pairwise(stacked):
            height = sum(above.heights) if isinstance(above, TableBox) else above.height
            assert above.top + height <= below.top + 1e-6


def measured_height(paragraphs: list[tuple[str, float]], width: float, font: str) -> float:
    """What texts take in points, wrapped by the widths of a real font."""
    total = 0.0
    for text, size in paragraphs:
        face = ImageFont.truetype(font, 100)
        lines, line = 1, ""
        for piece in re.findall(r"[^\s\u2e80-\uffef]+\s*|.", text):
            if line and face.getlength((line + piece).rstrip()) * size / 100 > width:
                lines, line = lines + 1, piece
            else:
                line += piece
            # A word longer than a line is broken.
            while face.getlength(line.rstrip()) * size / 100 > width and len(line) > 1:
                lines += 1
                line = line[int(len(line) * width / (face.getlength(line) * size / 100)) :]
        total += lines * size * 1.25
    return total


@pytest.mark.skipif(not CHINESE_FONT.is_file(), reason="no font with Chinese characters")
def test_every_text_box_of_the_file_has_room_by_a_real_font(deck: Deck) -> None:
    boxes = 0
    for slide in deck.slides:
        for shape in slide.shapes:
            frames = []
            if shape.has_text_frame:
                frames.append((shape.text_frame, shape.width, shape.height))
            if shape.has_table:
                for row in shape.table.rows:
                    for cell, column in zip(row.cells, shape.table.columns, strict=True):
                        width = column.width - cell.margin_left - cell.margin_right
                        height = row.height - cell.margin_top - cell.margin_bottom
                        frames.append((cell.text_frame, width, height))
            for frame, width, height in frames:
                paragraphs = [
                    ("".join(run.text for run in one.runs), one.runs[0].font.size.pt)
                    for one in frame.paragraphs
                    if one.runs
                ]
                needed = measured_height(paragraphs, Emu(width).pt, str(CHINESE_FONT))
                assert needed <= Emu(height).pt + 0.5, paragraphs
                boxes += 1
    assert boxes > 100


def test_the_presentation_has_native_charts_tables_and_both_fonts(
    report: Report, deck: Deck
) -> None:
    shapes = [shape for slide in deck.slides for shape in slide.shapes]
    charts = [shape for shape in shapes if shape.has_chart]
    assert len(charts) == len([b for p in report.pages for b in p.blocks if isinstance(b, Chart)])
    assert any(shape.has_table for shape in shapes)
    assert all(slide.shapes.title.text_frame.text for slide in deck.slides)
    for shape in charts:
        assert shape._element.nvGraphicFramePr.cNvPr.get("descr")
    runs = [run for slide in deck.slides for run in slide._element.iter(qn("a:rPr"))]
    assert runs
    assert {run.find(qn("a:ea")).get("typeface") for run in runs} == {"Microsoft YaHei"}
    (language,) = {run.get("lang") for run in runs}
    assert language == {"zh": "zh-CN", "en": "en-US"}[report.language]
    bars = [shape.chart for shape in charts if shape.chart.plots[0].categories[0]]
    assert any(chart._chartSpace.findall(f".//{qn('c:errBars')}") for chart in bars)
    last = "\n".join(s.text_frame.text for s in deck.slides[-1].shapes if s.has_text_frame)
    assert report.pages[-1].title in last


def test_no_cell_is_a_formula(report: Report, deck: Deck) -> None:
    hostile = Chart("bars", "t", ("=1+1", "b"), (Series('=cmd|"x"', (1.0, 2.0)),), "v", 0)
    page = Page("x", "x", (hostile, Table("t", ("=a", "b"), (("@x", "+0.1 [-0.2, +0.3]"),))))
    extended = replace(report, pages=(*report.pages, page))
    native = Presentation(io.BytesIO(write_pptx(extended)))
    books = 0
    for slide in native.slides:
        for shape in slide.shapes:
            if shape.has_chart:
                blob = shape.chart.part.chart_workbook.xlsx_part.blob
                sheet = openpyxl.load_workbook(io.BytesIO(blob)).active
                assert all(cell.data_type != "f" for row in sheet for cell in row)
                books += 1
    assert books > 3
    with zipfile.ZipFile(io.BytesIO(write_archive(extended))) as archive:
        for name in archive.namelist():
            if name.endswith(".csv"):
                rows = list(csv.reader(io.StringIO(archive.read(name).decode("utf-8-sig"))))
                for cell in (cell for row in rows for cell in row):
                    assert not cell.startswith(("=", "@"))
                    assert not re.match(r"[+-].*[A-Za-z]", cell)
    assert guard("+0.1 [-0.2, +0.3]") == "+0.1 [-0.2, +0.3]"
    assert guard("-cmd") == "'-cmd"


def test_the_page_runs_and_loads_nothing(report: Report) -> None:
    page = write_html(report).decode()
    assert "<img" not in page
    assert "<script" not in page
    assert "&lt;img src=x onerror" in page
    assert not re.search(r"""(?:src|href|url)\s*[=(]\s*['"]?https?:""", page)
    assert "default-src 'none'" in page
    for claim in report.claims:
        assert (
            claim.source.split("[")[0]
            .replace("&", "&amp;")
            .replace('"', "&quot;")
            .replace("<", "&lt;")
            .replace(">", "&gt;")
            .replace("'", "&#x27;")
            in page
        )


def test_the_markdown_shows_texts_as_they_are(report: Report) -> None:
    with zipfile.ZipFile(io.BytesIO(write_archive(report))) as archive:
        text = archive.read("report.md").decode()
        assert r"\<img src=x" in text
        assert r"[a\](javascript" in text
        for name in archive.namelist():
            assert name == "report.md" or f"({name})" in text


def test_a_preview_of_a_slide_is_a_picture_and_nothing_else(report: Report) -> None:
    from xml.etree import ElementTree

    for slide in lay_out(report):
        tree = ElementTree.fromstring(slide_svg(slide))
        kinds = {one.tag.rpartition("}")[2] for one in tree.iter()}
        assert kinds <= {"svg", "g", "rect", "text", "line", "polyline"}


def test_a_claim_on_changed_data_is_grey_and_the_case_counts_no_gain(home: Path) -> None:
    shop = full_shop("en")
    before = build(shop, "en", ["case"])
    frames = dict(shop.tables().frames)
    frames["products"] = frames["products"].iloc[1:]
    shop.replace_tables(frames, {})
    report = build(shop, "en")
    grey = [claim for claim in report.claims if not claim.holds]
    assert {page.key for page in report.pages if set(grey) & set(page.blocks)} >= {
        "run:search-1",
        "case",
        "plan",
    }
    assert all("Does not count" in claim.source for claim in grey)
    (case,) = [page for page in report.pages if page.key == "case"]
    values = [one for one in case.blocks if isinstance(one, Claim) and "to be expected" in one.text]
    assert re.search(r"-[\d,]+ is to be expected", values[0].text)
    assert values[0].text not in [claim.text for claim in before.claims]


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_untrained_shop_has_a_useful_report(home: Path, language: str) -> None:
    shop = make_shop(language)
    report = build(shop, language)
    assert [page.key for page in report.pages] == ["shop", "next", "limits"]
    assert "40" in report.claims[0].text
    (table,) = [one for one in report.pages[1].blocks if isinstance(one, Table)]
    assert len(table.rows) >= 7


def test_what_is_chosen_goes_in_and_the_limits_always(home: Path) -> None:
    shop = full_shop("en")
    keys = [one.key for one in choices(shop, "en")]
    assert [page.key for page in build(shop, "en", ["case"]).pages] == ["case", "limits"]
    check_choice(shop, keys, "en")
    with pytest.raises(InputError, match="no page"):
        check_choice(shop, ["x"], "en")


def test_the_ending_chooses_the_format(home: Path, tmp_path: Path) -> None:
    shop = make_shop("en")
    starts = {".pptx": b"PK", ".html": b"<!DOCTYPE html>", ".zip": b"PK"}
    for suffix, start in starts.items():
        write_report(shop, "en", tmp_path / f"report{suffix}", ["shop"])
        assert (tmp_path / f"report{suffix}").read_bytes().startswith(start)
    with pytest.raises(InputError, match="ending"):
        write_report(shop, "en", tmp_path / "report.pdf")


@given(st.text(max_size=300), st.floats(1, 12), st.floats(0.2, 5))
def test_a_fitted_text_takes_no_more_room_than_there_is(
    text: str, width: float, height: float
) -> None:
    fitted = fit(text, width, height, 24, 10)
    room = max(height, 10 * 1.25 / 72 + 1e-9)
    assert height_of(fitted.text, fitted.size, width) <= room
    assert fitted.text == text or fitted.text.endswith("…")


@given(st.text(alphabet="ab 中，W0", max_size=80), st.floats(2, 20))
def test_wrapping_loses_no_character_and_keeps_the_width(text: str, width: float) -> None:
    lines = wrap(text, width)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(width_of(line) <= width or len(line) <= 2 for line in lines)


def test_what_no_file_may_hold_is_left_out() -> None:
    assert Claim("a\ud800\x0b\x00b", "c\uffff").text == "a   b"
    table = Table("t", ("a\x00",), (("b\x1f",),))
    assert (table.head, table.rows) == (("a ",), (("b ",),))


def test_a_waterfall_ends_at_its_sum() -> None:
    assert spans((5.0, -7.0, 1.0, -1.0)) == [(0.0, 5.0), (5.0, -2.0), (-2.0, -1.0), (0.0, -1.0)]


def test_long_tables_go_on_with_their_heads(report: Report) -> None:
    rows = tuple((f"row {n}", LONG["zh"][:200], "1.0") for n in range(60))
    page = Page("t", "t", (Table("name", ("a", "b", "c"), rows), Text("after")))
    boxes = [
        box
        for slide in lay_out(replace(report, pages=(page,)))
        for box in slide.boxes
        if isinstance(box, TableBox)
    ]
    assert len(boxes) > 3
    assert all(box.rows[0] == ("a", "b", "c") for box in boxes)
    assert sum(len(box.rows) - 1 for box in boxes) == 60
    assert all(box.top + sum(box.heights) <= BOTTOM + 1e-6 for box in boxes)


def test_the_report_is_written_by_its_command(
    home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from engine.cli import main

    shop = make_shop("en")
    file = tmp_path / "r.html"
    assert main(["report", shop.name, "--out", str(file), "--language", "zh", "--json"]) == 0
    answer = json.loads(capfd.readouterr().out)
    assert [page["key"] for page in answer["pages"]] == ["shop", "next", "limits"]
    assert 'lang="zh-Hans"' in file.read_text(encoding="utf-8")
