"""The catalog page in both languages, over a double of the model process."""

import io

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from engine.catalog.decisions import ACCEPTED, Decisions
from engine.simulation.tiny_shop import tiny_catalog
from engine.storage.workspace import Workspace
from pages.ui.catalog import own
from pages.ui.parts import download
from tests.runs_double import finish_run
from tests.shop_double import HOSTILE, clean, open_page, said_on, texts_of


def shop(language: str = "en") -> Workspace:
    """96 products, every fourth without a colour; the last one hostile, without one as well."""
    products = tiny_catalog(96)
    products.loc[95, ["title", "description"]] = HOSTILE
    workspace = Workspace.create("shop", language)
    workspace.replace_tables({"products": products}, {})
    return workspace


def trained(workspace: Workspace) -> str:
    """A finished run that learned colour and category."""
    heldout = pd.DataFrame(
        {"input": ["red mug", "pan"], "head": "colour", "truth": ["red", "red"],
         "tuned_keyword": ["red", "blue"]}
    )  # fmt: skip
    return finish_run(
        workspace,
        "attributes",
        heldout,
        recommended="tuned_keyword",
        after={"macro_f1": 0.5, "colour.macro_f1": 0.5, "category.macro_f1": 0.5},
    )


def show(workspace: Workspace, view: str, language: str = "en") -> AppTest:
    app = open_page("catalog", workspace, language)
    app.session_state["catalog_view"] = view
    return clean(app.run())


GAPS = {"en": "Fill gaps", "zh": "补全空缺"}


@pytest.mark.parametrize(("language", "title"), [("en", "Catalog"), ("zh", "商品目录")])
def test_the_board_shows_what_is_missing(models, language, title) -> None:
    app = clean(open_page("catalog", shop(language), language))
    assert app.title[0].value == title
    assert app.metric[0].value == "96"
    assert len(app.get("plotly_chart")) == 2
    assert "75%" in said_on(app)
    assert models.asked == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_gaps_are_suggested_with_confidence_and_reasons(models, language) -> None:
    workspace = shop(language)
    run_id = trained(workspace)
    app = show(workspace, GAPS[language], language)
    asked = [item for _, verb, run, items in models.asked for item in items if run == run_id]
    assert len(asked) == 24
    assert all(item["words"] for item in asked)
    assert len(app.get("plotly_chart")) == 1
    assert "24" in said_on(app)


def test_accepting_above_a_confidence_fills_the_catalog_and_can_be_undone(models) -> None:
    workspace = shop()
    trained(workspace)
    app = show(workspace, GAPS["en"])
    clean(app.button(key="accept_all").click().run())
    decided = Decisions(workspace.folder).table()
    assert len(decided) == 24
    assert set(decided["state"]) == {ACCEPTED}
    assert "24 values accepted" in said_on(app)
    assert "No suggestions are open" in said_on(app)
    clean(app.button(key="undo_gaps").click().run())
    assert Decisions(workspace.folder).table().empty


def test_saving_without_a_decision_says_so(models) -> None:
    workspace = shop()
    trained(workspace)
    app = show(workspace, GAPS["en"])
    clean(app.button(key="save_gaps").click().run())
    assert "Nothing decided yet" in said_on(app)


def test_without_a_model_the_gaps_invite_to_tune(models) -> None:
    assert "No tuned model yet" in said_on(show(shop(), GAPS["en"]))


@pytest.mark.parametrize(("language", "view"), [("en", "One product"), ("zh", "单件商品")])
def test_one_product_is_read_by_both_models(models, language, view) -> None:
    workspace = shop(language)
    run_id = trained(workspace)
    app = show(workspace, view, language)
    table = app.dataframe[0].value
    assert {"attribute", "catalog", "untuned", "tuned"} <= set(table.columns)
    assert ("attributes", "explain", run_id) in [ask[:3] for ask in models.asked]
    assert len(app.get("plotly_chart")) == 1


def test_a_product_that_is_not_in_the_catalog_can_be_described(models) -> None:
    app = show(shop(), "One product")
    clean(app.text_input(key="product_wanted").set_value("red thing from afar").run())
    item = models.asked[-1].body["item"]
    assert item["title"] == "red thing from afar"
    assert item["product_id"] is None


def test_hostile_products_are_never_markup(models) -> None:
    workspace = shop()
    trained(workspace)
    for view in ("Quality dashboard", GAPS["en"], "One product"):
        app = show(workspace, view)
        if view == "One product":
            app = clean(app.text_input(key="product_wanted").set_value("HYPERLINK").run())
        assert "**bold**" not in texts_of(app)
        assert "![a](" not in texts_of(app)
        assert not any(element.proto.allow_html for element in app.markdown)
        assert all("<img" not in chart.proto.spec for chart in app.get("plotly_chart"))


@pytest.mark.parametrize(("language", "view"), [("en", "Custom categories"), ("zh", "自定义类目")])
def test_products_are_sorted_into_categories_of_ones_own(models, language, view) -> None:
    app = show(shop(language), view, language)
    app.text_area(key="own_names").set_value("Office: desk\nOutdoors")
    clean(app.button[0].click().run())
    assert models.asked[0][3][0]["labels"] == [["Office", "desk"], ["Outdoors", ""]]
    assert sum(len(items) for _, _, _, items in models.asked) == 96
    assert len(app.get("plotly_chart")) == 1


def test_a_line_is_a_name_and_a_description() -> None:
    text = "Office： for the desk\n\n office\n=1+1\nOffice: again\n" + "x" * 500
    labels = own.read_labels(text)
    assert [name for name, _ in labels][:3] == ["Office", "office", "=1+1"]
    assert labels[0][1] == "for the desk"
    assert len(labels[3][0]) == own.LONGEST
    many = own.read_labels("\n".join(f"name {n}" for n in range(100)))
    assert len(many) == own.MOST


@pytest.mark.parametrize(("language", "view"), [("en", "How accurate is it?"), ("zh", "有多准？")])
def test_how_good_the_model_is(models, language, view) -> None:
    workspace = shop(language)
    trained(workspace)
    assert len(show(workspace, view, language).get("plotly_chart")) == 2


def test_a_hostile_column_is_never_markup(models) -> None:
    workspace = shop()
    products = workspace.tables().products
    cells = products["attributes"].str.replace('"type"', '"![a](http://x/i.png) **bold**"')
    workspace.replace_tables({"products": products.assign(attributes=cells)}, {})
    run_id = trained(workspace)
    name = "![a](http://x/i.png) **bold**"
    file = workspace.folder / "runs" / run_id / "run.json"
    file.write_text(file.read_text().replace("category.macro_f1", f"{name}.macro_f1"))
    frame = pd.read_parquet(file.with_name("heldout.parquet"))
    both = pd.concat([frame, frame.assign(head=name)])
    both.to_parquet(file.with_name("heldout.parquet"))
    for view in ("Quality dashboard", GAPS["en"], "How accurate is it?"):
        said = texts_of(show(workspace, view))
        assert "**bold**" not in said and "![a](" not in said


def test_a_workbook_runs_no_formula_and_keeps_numbers() -> None:
    frame = pd.DataFrame({"=cmd": ["=1+1", "ok\x00"], "n": [1.5, None]})
    read = pd.read_excel(io.BytesIO(download.xlsx_bytes(frame)), engine="openpyxl")
    assert read.columns.tolist() == ["'=cmd", "n"]
    assert read["'=cmd"].tolist() == ["'=1+1", "ok "]
    assert read["n"].tolist()[0] == 1.5
    assert read["n"].isna().tolist() == [False, True]
