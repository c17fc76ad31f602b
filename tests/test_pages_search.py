"""The search page in both languages, over a double of the model process."""

import io
from dataclasses import replace

import pandas as pd
import pytest

from engine.errors import ShoplabError
from engine.reading.load import load_files
from engine.serving import client
from engine.serving.question import Question
from engine.tasks.search.answers import SearchInput
from pages.ui.parts import download, query_file, reasons
from pages.ui.search import judging as search_judging
from pages.ui.search import many, systems
from tests.card_presses import cards, send
from tests.doubles import search
from tests.runs_double import finish_run
from tests.shop_double import HOSTILE, clean, open_page, said_on, small_shop, texts_of
from tests.waiting import work_seconds


@pytest.mark.parametrize(("language", "title"), [("en", "Search"), ("zh", "搜索")])
def test_a_link_with_a_query_shows_its_results(models, language, title) -> None:
    app = clean(open_page("search", small_shop(), language, q="rain jacket"))
    assert app.title[0].value == title
    assert app.text_input[0].value == "rain jacket"
    assert len(cards(app, "cards_words")) == 10
    assert cards(app, "cards_untuned")
    assert app.query_params["q"] in ("rain jacket", ["rain jacket"])


def test_an_example_is_answered_until_the_box_is_emptied(models) -> None:
    app = clean(open_page("search", small_shop()))
    example = app.text_input[0].value
    assert example
    assert models.asked[-1].body[0]["query"] == example
    asked = len(models.asked)
    clean(app.text_input[0].set_value("").run())
    assert len(models.asked) == asked
    assert "click one of the examples" in texts_of(app)


def test_an_example_of_the_log_becomes_the_query(models) -> None:
    app = open_page("search", small_shop())
    pills = next(group for group in app.get("button_group") if group.key == "example")
    clean(pills.set_value("rain jacket").run())
    assert app.text_input[0].value == "rain jacket"
    assert models.asked[-1][:2] == ("search", "predict")


def trained(workspace, task: str = "search") -> str:
    """A finished run's record, as training leaves it."""
    metrics = {"ndcg@10": 0.5, "macro_f1": 0.5}
    return finish_run(
        workspace,
        task,
        primary_metric="ndcg@10",
        recommended="hybrid_tuned",
        before=metrics,
        after=metrics,
    )


def test_before_a_run_the_third_column_says_how_to_get_one(models) -> None:
    app = clean(open_page("search", small_shop(), q="rain jacket"))
    assert "No tuned model yet" in texts_of(app)
    assert {asked[2] for asked in models.asked if asked[1] == "predict"} == {"untuned"}


def test_after_a_run_three_systems_answer_and_moves_are_marked(models) -> None:
    shop = small_shop()
    run_id = trained(shop)
    app = clean(open_page("search", shop, q="rain jacket"))
    assert {asked[2] for asked in models.asked if asked[1] == "predict"} == {"untuned", run_id}
    said = texts_of(app)
    assert "Tuning replaced 3 of the first 10 results" in said
    assert "No tuned model yet" not in said
    badges = [badge for card in cards(app, "cards_tuned") for badge in card["badges"]]
    assert {"text": "▲ 2", "colour": "green"} in badges
    assert {"text": "new", "colour": "violet"} in badges


def test_a_column_is_one_message_whose_cards_say_what_a_product_is(models) -> None:
    # Thirty people's cards were most of what the server sent: each element is a message.
    app = clean(open_page("search", small_shop(), q="rain jacket"))
    (column,) = (block for block in app.get("flex_container") if block.key == "column_words")
    assert [child.type for child in column.children.values()] == [
        "subheader",
        "caption",
        "bidi_component",
    ]
    first = cards(app, "cards_words")[0]
    assert first["title"].startswith("Rain jacket") and "Acme" in first["lines"][0]
    assert first["badges"] and first["picture"] == ""
    assert [action["name"] for action in first["actions"]] == ["look", "why"]


def test_a_press_of_what_is_not_shown_does_nothing(models) -> None:
    app = clean(open_page("search", small_shop(), q="rain jacket"))
    for value in ("why", 3, None, [], ["why", "nobody"], ["buy", "P00"], [["why"], {}], {"why": 1}):
        app = clean(send(app, "cards_words", value))
        assert not app.error
    assert not app.get("dialog") and "visit" not in app.query_params


def test_product_texts_and_queries_are_never_markup(models) -> None:
    shop = small_shop()
    trained(shop)
    app = clean(open_page("search", shop, q=HOSTILE))
    said = texts_of(app)
    assert any(HOSTILE in card["title"] for card in cards(app, "cards_tuned")), (
        "a text of a component"
    )
    assert "<img" not in said.replace("\\<img", "")
    assert "![a]" not in said.replace("\\!\\[a\\]", "") and "**bold**" not in said
    assert not any(element.proto.allow_html for element in app.markdown)


def test_queries_to_choose_from_are_never_markup(models) -> None:
    app = open_page("search", small_shop())
    app.session_state["search_view"] = "Frequent queries"
    said = texts_of(clean(app.run()))
    assert "HYPERLINK" in said and "![a](" not in said and "<img" not in said.replace("\\<img", "")


def test_a_query_in_unknown_letters_is_warned_of(models) -> None:
    models.unknown_share = 0.66
    app = clean(open_page("search", small_shop(), q="茶壶"))
    assert "does not know 66%" in app.warning[0].value


def test_no_shared_word_is_said(models) -> None:
    app = clean(open_page("search", small_shop(), q="zzz"))
    assert "No product shares a word" in app.info[0].value
    assert "Word matching finds nothing" in texts_of(app)


def test_the_kind_of_search_chooses_the_systems(models) -> None:
    answer = search.predict(SearchInput("mug", 5), "untuned")
    tuned = search.predict(SearchInput("mug", 5), "r")
    names = {
        mode: [column.system for column in systems.columns(answer, tuned, "r", mode)]
        for mode in systems.MODES
    }
    assert names["dense"] == ["bm25_all", "untuned", "tuned"]
    assert names["hybrid"] == ["bm25_all", "hybrid_untuned", "hybrid_tuned"]
    assert names["recommended"] == names["hybrid"]
    reranked = replace(tuned, system="reranked", systems={**tuned.systems, "reranked": []})
    found = systems.columns(answer, reranked, "r", "recommended")
    assert [column.system for column in found] == ["bm25_all", "hybrid_untuned", "reranked"]


def test_judgments_are_kept_blind_and_downloadable(home) -> None:
    shop = small_shop()
    shop.correct("search", {"rain jacket": {"P01": "3", "P02": "0"}, HOSTILE: {"P00": "1"}})
    shop.correct("search", {"rain jacket": {"P02": "2"}})
    shop.correct("intent", {"rain jacket": {"intent": "deal"}})
    assert search_judging.judgments(shop, "rain jacket") == {"P01": "3", "P02": "2"}
    everything = search_judging.all_judgments(shop)
    assert len(everything) == 3
    read = pd.read_csv(io.BytesIO(download.csv_bytes(everything)))
    assert list(read.columns) == ["query", "product_id", "relevance"]
    assert read["query"].str.startswith("'=").sum() == 1
    columns = [
        systems.Column("words", "bm25_all", "untuned", [("P01", 1.0), ("P02", 0.5)]),
        systems.Column("untuned", "untuned", "untuned", [("P03", 1.0), ("P01", 0.5)]),
    ]
    # First the one that is best for one column and missing in the other.
    assert search_judging.pool("q", columns) == ["P03", "P02", "P01"]
    assert search_judging.pool("q", columns) == search_judging.pool("q", columns[::-1])


def judging(shop) -> str:
    app = open_page("search", shop, q="rain jacket")
    app.session_state["search_view"] = "Judge for yourself"
    return said_on(clean(app.run()))


def test_the_judging_view_scores_systems_by_the_users_judgments(models) -> None:
    shop = small_shop()
    trained(shop)
    # P23 is what the double's tuned model alone shows, in the first place.
    grades = {"P23": "3", "P00": "0", "P01": "0", "P02": "0"}
    shop.correct("search", {"rain jacket": grades})
    assert "Grade at least 5 products" in judging(shop)
    shop.correct("search", {"rain jacket": {"P03": "0"}})
    said = judging(shop)
    assert "What is really relevant for “rain jacket”?" in said
    assert "“Tuned on this shop” is best for this query: nDCG@10 1.00" in said
    shop.correct("search", {"rain jacket": {"P23": "0"}})
    assert "None of the products you judged is relevant" in judging(shop)


@pytest.mark.parametrize(("language", "label"), [("en", "Frequent queries"), ("zh", "高频搜索词")])
def test_frequent_queries_show_changes_and_gaps(models, language, label) -> None:
    app = open_page("search", small_shop(language), language)
    app.session_state["search_view"] = label
    clean(app.run())
    asked = [query["query"] for ask in models.asked if ask[1] == "predict" for query in ask[3]]
    assert {"rain jacket", "teapot", HOSTILE} <= set(asked)
    gaps = app.dataframe[-1].value
    assert set(gaps["query"]) == {"something dry for the trail", HOSTILE}
    assert gaps["words"].tolist() == [0, 0]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_shop_without_a_log_still_searches(models, language) -> None:
    app = clean(open_page("search", small_shop(language, log=False), language, q="teapot"))
    assert len(cards(app, "cards_words")) == 10


def test_a_failing_model_is_said_and_can_be_asked_again(models, monkeypatch) -> None:
    def fail(*_: object, **__: object) -> object:
        raise ShoplabError("inference.failed", log="somewhere.log")

    shop = small_shop()
    monkeypatch.setattr(client, "ask", fail)
    app = clean(open_page("search", shop, q="teapot"))
    assert "somewhere" in app.error[0].value
    monkeypatch.setattr(client, "ask", models.ask)
    clean(app.run())
    assert not app.error
    assert cards(app, "cards_untuned")


def test_a_rerun_is_quick(models) -> None:
    app = open_page("search", small_shop(), q="rain jacket")
    app.run()
    before = work_seconds()
    clean(app.run())
    assert work_seconds() - before < 1.5
    # The same question is asked of the models once.
    asked = [ask for ask in models.asked if ask[:2] == ("search", "predict")]
    assert len([ask for ask in asked if not ask.body[0]["near"]]) == 1


class Upload:
    """What Streamlit hands over of an uploaded file."""

    def __init__(self, name: str, content: bytes) -> None:
        self.name, self.content = name, content

    def getvalue(self) -> bytes:
        return self.content


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", "红茶杯\n\n  rain, jacket \nrain, jacket\n".encode("gb18030")),
        ("a.txt", "query\r\n红茶杯\r\nrain, jacket\r\n".encode("utf-8-sig")),
        ("a.csv", 'n,Query\n1,红茶杯\n2,"rain, jacket"\n3,\n'.encode()),
        ("a.txt", "红茶杯\nrain, jacket".encode("utf-16")),
    ],
)
def test_a_list_of_queries_is_read_from_texts_and_tables(home, name, content) -> None:
    assert query_file.read_queries(Upload(name, content)) == ["红茶杯", "rain, jacket"]


def test_a_list_that_cannot_be_read_says_why(home) -> None:
    with pytest.raises(ShoplabError):
        query_file.read_queries(Upload("a.txt", b""))


def test_a_query_that_changed_most_opens_side_by_side(models) -> None:
    app = open_page("search", small_shop())
    app.session_state["search_view"] = "Frequent queries"
    clean(app.run())
    look = next(group for group in app.get("button_group") if group.key == "look_at")
    clean(look.set_value("teapot").run())
    assert app.text_input[0].value == "teapot"
    assert cards(app, "cards_untuned")


def test_the_download_of_a_list_is_guarded_against_formulas(models) -> None:
    shop = small_shop()
    answer = search.predict(SearchInput(HOSTILE, 3), "untuned")
    one = many.Found(HOSTILE, systems.columns(answer, None, "", "dense"))
    frame = many.results_table(shop, [one])
    assert frame.columns.tolist() == ["query", "system", "rank", "product_id", "title", "score"]
    assert frame["rank"].tolist() == [1, 2, 3]
    text = download.csv_bytes(frame).decode("utf-8-sig")
    assert "\n=" not in text and "'=HYPERLINK" in text


def test_word_bars_keep_direction_and_escape() -> None:
    figure = reasons.word_bars([("<b>dry</b>", 0.6), ("trail", -0.4)])
    bar = figure.data[0]
    assert list(bar.text) == ["+60%", "-40%"]
    assert len(set(bar.marker.color)) == 2
    assert "<" not in "".join(figure.layout.yaxis.ticktext)
    assert list(reasons.word_bars([("dry", 1.0)]).data[0].text) == ["100%"]
    assert reasons.strongest([("a", -1.0)]) == ""


def test_a_bundle_that_takes_long_is_waited_for(models, monkeypatch) -> None:
    tries: list[str] = []

    def slow(question: Question, timeout: float) -> object:
        # Suggestions ask by themselves once the model has answered.
        if isinstance(question.body, list) and question.body[0].near:
            return models.ask(question, timeout)
        tries.append("try")
        if len(tries) == 1:
            raise ShoplabError("inference.busy", stage="encode", done=1, total=2)
        return models.ask(question, timeout)

    shop = small_shop()
    monkeypatch.setattr(client, "ask", slow)
    app = clean(open_page("search", shop, q="teapot"))
    assert len(tries) == 2 and not app.error
    assert cards(app, "cards_untuned")


def test_downloaded_judgments_load_as_judgments(home, tmp_path) -> None:
    shop = small_shop()
    shop.correct("search", {"rain jacket": {"P01": "3", "P02": "0"}})
    file = tmp_path / "judgments.csv"
    file.write_bytes(download.csv_bytes(search_judging.all_judgments(shop)))
    load_files(shop, {"judgments": file}, {}, skip_bad_rows=False)
    loaded = shop.tables().judgments.set_index("product_id")["relevance"]
    assert loaded.to_dict() == {"P01": 3, "P02": 0}
