"""The cross-sell page in both languages, over a double of the model process."""

import io

import pandas as pd
import pytest

from engine.storage.workspace import Workspace
from engine.tasks.cross_sell.answers import CrossSellInput
from engine.tasks.cross_sell.network import Network, Node, Tie
from engine.tasks.cross_sell.offers import Offer
from pages.ui.cross_sell import basket, network, offers, products
from pages.ui.cross_sell.orders import orders
from pages.ui.cross_sell.view import explain
from pages.ui.parts import download as downloads
from tests.card_presses import cards, press
from tests.doubles import cross_sell
from tests.runs_double import finish_run
from tests.shop_double import FakeModels, clean, open_page, said_on, small_shop, texts_of, whole

LANGUAGES = [("en", "Cross-sell"), ("zh", "搭配推荐")]
VIEWS = {
    "en": ("Network", "Bundle ideas", "How accurate is it?", "All products"),
    "zh": ("关联网络", "组合创意", "有多准？", "完整清单"),
}


def shop_with_orders(language: str = "en") -> Workspace:
    """The small shop with 60 orders: two jackets each, every third with the hostile product."""
    workspace = small_shop(language)
    lines = []
    for number in range(60):
        names = [f"P{number % 4:02}", f"P{number % 4 + 4:02}"] + ["P23"] * (number % 3 == 0)
        time = pd.Timestamp("2025-11-01") + pd.Timedelta(hours=number)
        lines += [{"order_id": f"O{number}", "product_id": name, "time": time} for name in names]
    frames = dict(workspace.tables().frames)
    workspace.replace_tables(frames | {"orders": whole("orders", pd.DataFrame(lines))}, {})
    return workspace


def trained(workspace: Workspace) -> None:
    """A finished run's record with its held-out rows, as training leaves it."""
    scores = {"popularity": 0.1, "ease": 0.4, "untuned": 0.2, "blend_tuned": 0.5}
    metrics = {
        name: {"ndcg@10": score, "hr@10": score, "coverage@10": 0.3, "novelty@10": 6.0}
        for name, score in scores.items()
    }
    baselines = {name: metrics[name] for name in ("popularity", "ease", "untuned")}
    heldout = pd.DataFrame({"example_id": [f"O{n}" for n in range(20)], "head": "ranking"})
    heldout["input"], heldout["truth"] = "Rain jacket 0", '{"P04": 1}'
    for name, score in scores.items():
        heldout[name] = '["P04"]'
        heldout[f"{name}.score"] = [score + 0.01 * (n % 3) for n in range(20)]
    finish_run(
        workspace,
        "cross_sell",
        heldout,
        primary_metric="ndcg@10",
        recommended="blend_tuned",
        before=metrics["untuned"],
        after=metrics["blend_tuned"],
        baselines=baselines,
        systems={"blend_tuned": metrics["blend_tuned"]},
        paired={"against": {name: {"delta": 0.1, "low": 0.05, "high": 0.15} for name in baselines}},
        n_test=20,
    )


@pytest.mark.parametrize(("language", "title"), LANGUAGES)
def test_a_link_with_a_basket_shows_what_goes_with_it(
    models: FakeModels, language: str, title: str
) -> None:
    app = open_page("cross_sell", shop_with_orders(language), language, basket_link='["P00"]')
    assert clean(app).title[0].value == title
    assert app.multiselect[0].value == ["P00"]
    assert models.asked[-1] == ("cross_sell", "predict", "untuned", [{"basket": ["P00"], "k": 10}])
    assert len(cards(app, "complement_cards")) == 6
    said = said_on(app)
    assert "Rain jacket 0" in said
    assert ("2.5" in said) and ("1.8" in said) and ("25%" in said)


def test_the_most_bought_product_is_there_until_the_basket_is_emptied(models: FakeModels) -> None:
    app = clean(open_page("cross_sell", shop_with_orders()))
    assert len(app.multiselect[0].value) == 1
    asked = len(models.asked)
    assert asked
    clean(app.multiselect[0].set_value([]).run())
    assert len(models.asked) == asked
    assert "Put a product in the basket" in texts_of(app)


@pytest.mark.parametrize("link", ["nonsense", '{"a": 1}', '["gone", 3, null]', "[[]]"])
def test_a_broken_link_is_an_empty_basket(models: FakeModels, link: str) -> None:
    app = clean(open_page("cross_sell", shop_with_orders(), basket_link=link))
    assert app.multiselect[0].value == []


def test_products_are_added_from_the_list_and_from_the_answers(models: FakeModels) -> None:
    app = open_page("cross_sell", shop_with_orders())
    pills = next(group for group in app.get("button_group") if group.key == "basket_popular")
    clean(pills.set_value("P23").run())
    assert app.multiselect[0].value == ["P23"]
    app = clean(press(app, "complement_cards", "add", 1))
    assert app.multiselect[0].value == ["P23", "P22"]
    assert models.asked[-1][3] == [{"basket": ["P23", "P22"], "k": 10}]


def test_products_are_found_by_words_of_their_title(models: FakeModels) -> None:
    app = open_page("cross_sell", shop_with_orders())
    app.text_input[0].input("mug TEAPOT 7")
    clean(app.run())
    pills = next(group for group in app.get("button_group") if group.key == "basket_popular")
    assert [option.content for option in pills.proto.options] == ["Teapot 7 mug"]
    app.text_input[0].input("nothing like this")
    assert "No title contains all these words" in texts_of(clean(app.run()))


def test_titles_are_never_markup(models: FakeModels) -> None:
    app = clean(open_page("cross_sell", shop_with_orders(), basket_link='["P23"]'))
    said = texts_of(app)
    assert "HYPERLINK" in said
    assert "<img" not in said.replace("\\<img", "")
    assert "![a]" not in said.replace("\\!\\[a\\]", "") and "**bold**" not in said
    assert not any(element.proto.allow_html for element in app.markdown)


@pytest.mark.parametrize(("language", "title"), LANGUAGES)
def test_every_view_opens(models: FakeModels, language: str, title: str) -> None:
    shop = shop_with_orders(language)
    trained(shop)
    app = open_page("cross_sell", shop, language)
    for view in VIEWS[language]:
        app.session_state["cross_sell_view"] = view
        clean(app.run())
        assert app.title[0].value == title
        assert "![a](" not in texts_of(app)
    assert {asked[2] for asked in models.asked} == {"cross_sell-1"}


def test_before_a_run_quality_says_how_to_get_one(models: FakeModels) -> None:
    app = open_page("cross_sell", shop_with_orders())
    app.session_state["cross_sell_view"] = "How accurate is it?"
    assert "No tuned model yet" in texts_of(clean(app.run()))


@pytest.mark.parametrize("view", VIEWS["en"])
def test_a_shop_without_orders_is_told_so(models: FakeModels, view: str) -> None:
    app = open_page("cross_sell", small_shop())
    app.session_state["cross_sell_view"] = view
    clean(app.run())


def test_the_verdict_and_the_hits_are_said(models: FakeModels) -> None:
    shop = shop_with_orders()
    trained(shop)
    app = open_page("cross_sell", shop)
    app.session_state["cross_sell_view"] = "How accurate is it?"
    said = said_on(clean(app.run()))
    assert "Tuning helped" in app.success[0].value
    assert "5.0 of 10 lists" in said


def test_bundles_are_priced_and_ordered_by_what_they_bring(home: object) -> None:
    shop = orders(shop_with_orders())
    rules = offers.find_bundles(shop.baskets["basket"].tolist())
    ideas = offers.price_ideas(rules, shop, Offer(0.4, 0.0, (0.1, 0.3)))
    means = [idea.estimate.mean for idea in ideas]
    assert means == sorted(means, reverse=True) and len(ideas) == len(rules)
    assert offers.name_of(("P00", "P01"), shop) == "Rain jacket 0 + Rain jacket 1"
    unpriced = type(shop)(shop.baskets, shop.products.assign(price=None))
    assert offers.price_ideas(rules, unpriced, Offer(0.4, 0.0, (0.1, 0.3))) == []


def test_the_networks_names_are_no_html(home: object) -> None:
    nodes = [Node("<b>bad</b>", 0, 0, 0, 9), Node("mug", 1, 1, 1, 4)]
    found = network.figure(Network(nodes, [Tie(0, 1, 3, 2.0)]))
    assert found.data[1].text == ("&lt;b&gt;bad&lt;/b&gt;",)
    assert found.data[1].marker.symbol != found.data[2].marker.symbol


def test_the_list_is_safe_for_spreadsheets(home: object, models: FakeModels) -> None:
    workspace = shop_with_orders()
    shop = orders(workspace)
    answer = cross_sell.predict(CrossSellInput(("P23",), 5), "untuned")
    frame = products.as_table(shop, [answer], {})
    assert len(frame) == 5 and frame["goes_with"].is_unique
    read = pd.read_csv(io.BytesIO(downloads.csv_bytes(frame)))
    assert read["title"].str.startswith("'=").all()


def test_the_strongest_reason_is_said(models: FakeModels) -> None:
    answer = cross_sell.predict(CrossSellInput(("P00",), 3), "untuned")
    said = [explain(result.reason, {}) for result in answer.results]
    assert "3 order" in said[0] and "Jackets and Pots" in said[1] and "by the texts" in said[2]


def test_categories_have_a_network_of_their_own(home: object) -> None:
    shop = orders(shop_with_orders())
    matrix, names = shop.by_category
    assert names == ["Jackets", "Pots"]
    assert matrix.shape == (60, 2)
    assert matrix.sum(axis=0).tolist()[0] == [60, 20]
    assert basket.find(shop, "") == []
