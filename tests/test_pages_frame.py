"""The frame, home and data in both languages, without a browser."""

import csv
import io
import itertools
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from engine.errors import ShoplabError
from engine.messages import LANGUAGES, Catalog, say
from engine.reading.load import load_files, load_sample
from engine.storage import changing
from engine.storage.workspace import Workspace
from engine.tables.schema import TABLES
from engine.tables.tables import Tables
from engine.tasks import ENTRIES, TASKS, WARMED, get_task
from pages.ui.data import staging
from pages.ui.frame import session, shell
from pages.ui.frame.i18n import escape
from pages.ui.home import overview
from pages.ui.images.add import Report
from pages.ui.parts import charts, download
from tests.shop_double import open_app, small_shop
from tests.waiting import LONG

PROJECT = Path(__file__).resolve().parent.parent
TEXTS = Catalog(PROJECT / "pages" / "ui")
PAGES = sorted(file.stem for file in (PROJECT / "pages").glob("*.py") if shell.available(file.stem))
# These have something to show or to do before there is a shop.
WITHOUT_SHOP = {"home", "data", "course", "join", "room", "stage"}
THEME = tomllib.loads((PROJECT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]


@pytest.fixture
def quiet_models(monkeypatch: pytest.MonkeyPatch) -> list[tuple]:
    """Records what is asked of the model process instead of starting it."""
    asked: list[tuple] = []
    monkeypatch.setattr("engine.serving.client.ask", lambda *args, **kw: asked.append(args))
    monkeypatch.setattr("engine.serving.client.warm", lambda *args: asked.append(args))
    monkeypatch.setattr("engine.serving.client.start", lambda: None)
    return asked


def texts_of(app: AppTest) -> str:
    elements = [*app.title, *app.header, *app.markdown, *app.caption, *app.success, *app.error]
    return "\n".join(str(element.value) for element in elements)


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder with a sample shop per language."""
    folder = tmp_path_factory.mktemp("shops")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOPLAB_HOME", str(folder))
        for language in LANGUAGES:
            load_sample(Workspace.create(f"shop-{language}"), language)
    return folder


@pytest.fixture
def shop(shops: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Workspace:
    monkeypatch.setenv("SHOPLAB_HOME", str(shops))
    return Workspace.open(f"shop-{request.getfixturevalue('language')}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_first_screen_has_one_primary_button_and_loads_the_shop(language, home, quiet_models):
    app = open_app(language)
    primary = [button for button in app.button if button.proto.type == "primary"]
    assert [button.label for button in primary] == [TEXTS.say(f"home.load_{language}", language)]
    primary[0].click().run()
    assert not app.exception
    key = app.query_params["w"]
    assert Workspace.by_key(key).language == language
    assert app.metric[0].value == "1,500"
    assert [call[1:] for call in quiet_models] == [(task,) for task in WARMED]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("task", TASKS)
def test_a_finished_training_leads_to_a_page_that_has_its_words(task, language):
    assert say(f"{task}.name", language)
    assert say(f"{task}.invite", language)
    page = shell.page_of(task)
    if shell.available(page):
        for code in ("app.nav", "app.help"):
            assert TEXTS.say(f"{code}.{page}", language)
        assert say(f"{task}.next", language)
        assert say(f"{task}.open", language)


def test_every_page_has_its_place_and_a_task_gives_its_page_an_icon():
    listed = ["home", *itertools.chain(*shell.SECTIONS.values())]
    assert sorted(filter(shell.available, listed)) == PAGES
    assert {*listed} == {*shell.ICONS}
    for task, entry in ENTRIES.items():
        assert shell.ICONS[shell.page_of(task)] == f":material/{entry.icon}:"


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_page_shows_its_title_and_every_chart_has_a_text(language, shop):
    app = open_app(language, shop)
    assert len(app.get("plotly_chart")) == 6
    assert all(chart.proto.alt for chart in app.get("plotly_chart"))
    app.switch_page("pages/data.py").run()
    assert not app.exception
    assert app.title[0].value == TEXTS.say("data.title", language)
    assert len(app.dataframe[0].value) == len(TABLES["products"].fields)


def test_a_link_opens_its_own_workspace_only(home, quiet_models):
    shop, other = Workspace.create(language="en"), Workspace.create(language="en")
    shop.set_title("Secret *shop*")
    assert escape("Secret *shop*") in texts_of(open_app("en", shop))
    for app in (open_app("en"), open_app("en", other)):
        assert "Secret" not in texts_of(app)


def test_a_wrong_key_is_forgotten(home):
    app = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=LONG)
    app.query_params["w"] = "../../etc"
    app.run()
    assert not app.exception
    assert "w" not in app.query_params


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", sorted({*PAGES} - WITHOUT_SHOP))
def test_a_page_without_a_shop_leads_home(page, language, home):
    app = open_app(language)
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception
    assert app.title[0].value == TEXTS.say(f"{page}.title", language)
    assert [link.value for link in app.page_link] == [
        TEXTS.say("app.empty.home", language),
        TEXTS.say("app.empty.data", language),
    ]


def test_what_is_worked_out_for_a_shop_is_kept_until_its_data_changes(home):
    shop, other = Workspace.create(language="en"), Workspace.create(language="en")
    calls: list[tuple[str, str]] = []

    @session.per_shop()
    def by_data(current: Workspace, name: str) -> None:
        calls.append(("data", name))

    @session.per_shop(corrections=True)
    def by_corrections(current: Workspace, name: str) -> None:
        calls.append(("corrections", name))

    def ask(current: Workspace, name: str = "a") -> list[tuple[str, str]]:
        calls.clear()
        by_data(current, name)
        by_corrections(current, name)
        return list(calls)

    both = [("data", "a"), ("corrections", "a")]
    assert ask(shop) == both
    assert ask(Workspace.by_key(shop.key)) == []
    assert ask(other) == both
    assert ask(shop, "b") == [("data", "b"), ("corrections", "b")]
    (shop.folder / "corrections.jsonl").touch()
    assert ask(shop) == [("corrections", "a")]
    shop.replace_tables({}, {})
    assert ask(shop) == both


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_bad_file_is_explained_then_its_good_rows_are_loaded(language, home, quiet_models):
    shop = Workspace.create(language=language)
    app = open_app(language, shop)
    app.switch_page("pages/data.py").run()
    content = b"id,title,price\n1,hat,9.5\n2,,3\n3,shoe,-4\n"
    app.file_uploader[0].upload("目录.csv", content).run()
    assert not app.exception
    assert staging.staged(shop)["products"].name == "目录.csv"
    app.button(key="load").click().run()
    assert len(app.error) == 1
    found = app.dataframe[-1].value
    assert found["row"].tolist() == [3, 4]
    assert shop.about_tables() == {}
    app.checkbox(key="keep_good").check().run()
    app.button(key="load").click().run()
    assert not app.exception
    assert Workspace.open(shop.name).tables().products["title"].tolist() == ["hat"]
    assert staging.staged(shop) == {}
    app.button(key="undo_load").click().run()
    assert shop.about_tables() == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_while_somebody_loads_others_are_told_to_wait(language, home, quiet_models, monkeypatch):
    monkeypatch.setattr(changing, "WAIT_SECONDS", 0)
    shop = small_shop(language)
    app = open_app(language, shop)
    with shop.changing():
        app.button(key="undo").click().run()
    assert not app.exception
    expected = escape(changing.WorkspaceBusy().message(language))
    assert [error.value for error in app.error] == [expected]
    app.button(key="undo").click().run()
    assert not app.error
    assert shop.about_tables() == {}


@pytest.mark.parametrize("leaves_first", [False, True])
def test_the_next_workspace_of_a_tab_shows_nothing_of_the_last(home, quiet_models, leaves_first):
    shop, other = Workspace.create(language="en"), small_shop()
    app = open_app("en", shop)
    app.switch_page("pages/data.py").run()
    app.file_uploader[0].upload("mine.csv", b"id,title\n1,hat\n2,\n").run()
    app.checkbox(key="keep_good").check().run()
    app.button(key="load").click().run()
    assert app.success
    report = Report(3, 0, [("https://mine.example/1.jpg", ShoplabError("images.broken"))])
    app.session_state["images_report"] = report
    app.session_state["describe_endpoint_url"] = "http://localhost:8000"
    if leaves_first:
        shop.delete()
        del app.query_params["w"]
        app.run()
    app.query_params["w"] = other.key
    app.run()
    assert not app.exception
    assert app.session_state["workspace_key"] == other.key
    assert not app.success
    assert "images_report" not in app.session_state
    assert app.session_state["describe_endpoint_url"] == "http://localhost:8000"


def test_a_column_chosen_by_hand_wins_over_the_guess(home, quiet_models):
    shop = Workspace.create(language="en")
    app = open_app("en", shop)
    app.switch_page("pages/data.py").run()
    content = b"id,title,other\n1,hat,Straw hat\n2,shoe,Running shoe\n"
    app.file_uploader[0].upload("c.csv", content).run()
    upload = staging.staged(shop)["products"].upload
    app.selectbox(key=f"map_{upload}_title").select("other").run()
    app.button(key="load").click().run()
    assert shop.tables().products["title"].tolist() == ["Straw hat", "Running shoe"]


def test_the_header_row_can_be_moved(home, quiet_models):
    shop = Workspace.create(language="en")
    app = open_app("en", shop)
    app.switch_page("pages/data.py").run()
    app.file_uploader[0].upload("c.csv", b"id,title\nsku,name\n1,hat\n2,shoe\n").run()
    upload = staging.staged(shop)["products"].upload
    rows = next(frame.value for frame in app.dataframe if "mark" in frame.value)
    assert rows["mark"].tolist() == ["▶", "", "", ""]
    app.number_input(key=f"header_{upload}_None").set_value(2).run()
    assert not app.exception
    app.button(key="load").click().run()
    assert shop.about_tables()["products"]["mapping"] == {"product_id": "sku", "title": "name"}


def test_an_unreadable_file_is_refused_with_a_reason(home, quiet_models):
    shop = Workspace.create(language="en")
    app = open_app("en", shop)
    app.switch_page("pages/data.py").run()
    app.file_uploader[0].upload("fake.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256))).run()
    assert not app.exception
    assert len(app.error) == 1
    app.button(key="discard_products").click().run()
    assert not app.error


def test_a_second_upload_takes_the_place_of_the_first(home):
    import io

    shop = Workspace.create()
    staging.stage(shop, "orders", "../../a.csv", io.BytesIO(b"one"))
    first = staging.staged(shop)["orders"]
    staging.stage(shop, "orders", "b.csv", io.BytesIO(b"two"))
    second = staging.staged(shop)["orders"]
    assert (first.name, second.name) == ("../../a.csv", "b.csv")
    assert first.upload != second.upload
    staging.discard(shop, first)
    assert second.path.read_bytes() == b"two"
    assert shop.folder in second.path.parents


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_template_loads_as_it_is(language, home, tmp_path):
    files = {}
    for table, schema in TABLES.items():
        row = {
            name: [TEXTS.say(f"data.fields.{name}.example", language)] for name in schema.columns
        }
        files[table] = tmp_path / f"{table}.csv"
        files[table].write_bytes(download.csv_bytes(pd.DataFrame(row)))
    report = load_files(Workspace.create(language=language), files)
    assert {name: found.kept for name, found in report.tables.items()} == dict.fromkeys(TABLES, 1)
    assert [found.problems for found in report.tables.values()] == [[]] * len(TABLES)
    for name, found in report.tables.items():
        assert all(field == column for field, column in found.mapping.fields.items()), name


def test_downloads_disarm_formulas_and_keep_numbers(tmp_path):
    frame = pd.DataFrame({"=x": ["=1+1", "@cmd", " -2", "中文"], "price": [-1.5, 2, 3, 4]})
    content = download.csv_bytes(frame)
    assert content.startswith(b"\xef\xbb\xbf")
    path = tmp_path / "out.csv"
    path.write_bytes(content)
    back = pd.read_csv(path)
    assert list(back) == ["'=x", "price"]
    assert back.iloc[:, 0].tolist() == ["'=1+1", "'@cmd", "' -2", "中文"]
    assert back["price"].tolist() == [-1.5, 2, 3, 4]


@pytest.mark.parametrize(
    "text",
    ["\n=1", "\u00a0=1", "\u3000@x", "＝1", "＋1", "－1", " ＠x", "\u200b=1", "\ufeff+1", "\tx"],
)
def test_downloads_disarm_what_only_looks_like_no_formula(text):
    content = download.csv_bytes(pd.DataFrame({"a": [text]})).decode("utf-8-sig")
    assert f'"\'{text}"' in content


def test_no_part_of_a_downloaded_field_is_a_cell_of_its_own():
    frame = pd.DataFrame({"a;=1": ["x;=1+1", "x\t=1+1"], "b": [1, 2]})
    content = download.csv_bytes(frame).decode("utf-8-sig")
    for delimiter in ",;\t":
        cells = [
            cell for row in csv.reader(io.StringIO(content), delimiter=delimiter) for cell in row
        ]
        assert not [cell for cell in cells if cell.startswith("=")]


def test_addresses_in_texts_are_parted():
    for text in ("https://e.org", "HTTP://e.org", "www.e.org", "me@e.org"):
        assert text not in escape(text).replace("\\", "")
        assert escape(text).replace("\\", "").replace("\u2060", "") == text


def test_charts_show_hostile_names_as_text():
    name = "<a href='x'>$x$ & ![i](http://e)</a>"
    figure = charts.bars([name], [1], value_name="<b>n</b>").to_json()
    assert "<a" not in figure
    assert "<b>n" not in figure
    assert "$x" not in figure


def test_bars_with_one_name_twice_stay_two_bars():
    figure = charts.bars_with_interval(["a", "a"], [1, 2], [0, 1], [2, 3], value_name="n")
    assert len(set(figure.data[0].y)) == 2
    assert list(figure.data[0].error_x.array) == [1, 1]


def luminance(color: str) -> float:
    channels = np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one: str, two: str) -> float:
    low, high = sorted((luminance(one), luminance(two)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_colours_can_be_read(mode):
    theme = THEME[mode]
    background = theme["backgroundColor"]
    assert min(contrast(color, background) for color in charts.PALETTE) >= 3
    assert contrast(theme["textColor"], theme["secondaryBackgroundColor"]) >= 7
    # The main colour is text on the background, and `own_words.css` writes in the background on it.
    assert contrast(theme["primaryColor"], background) >= 4.5
    assert theme["chartCategoricalColors"] == list(charts.PALETTE)


# Machado, Oliveira and Fernandes (2009), full severity, on linear RGB.
BLINDNESS = {
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                     [-0.011820, 0.042940, 0.968881]],
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                   [-0.003882, -0.048116, 1.051998]],
}  # fmt: skip


@pytest.mark.parametrize("kind", BLINDNESS)
def test_colours_stay_apart_for_colour_blind_eyes(kind):
    def seen(color: str) -> np.ndarray:
        channels = np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)]) / 255
        low = channels / 12.92
        linear = np.where(channels <= 0.04045, low, ((channels + 0.055) / 1.055) ** 2.4)
        rgb = np.clip(np.array(BLINDNESS[kind]) @ linear, 0, 1)
        matrix = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
        xyz = np.array(matrix) @ rgb / [0.95047, 1, 1.08883]
        f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
        return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])

    pairs = itertools.combinations(charts.PALETTE, 2)
    assert min(np.linalg.norm(seen(one) - seen(two)) for one, two in pairs) > 15


def test_a_log_is_counted_in_searches_not_in_events():
    log = pd.DataFrame(
        {
            "time": pd.to_datetime(["2025-01-01 10:00"] * 3 + ["2025-01-03 09:00"]),
            "user_id": ["u", "u", "u", None],
            "session_id": ["s", "s", None, None],
            "query": ["Hat", "Hat", "shoe", "hat"],
            "product_id": ["1", "2", "1", "1"],
            "event": ["impression", "click", "impression", "impression"],
            "position": [1.0, 2.0, 1.0, 1.0],
            "intent": [None] * 4,
        }
    )
    found = overview.summarize(Tables({"searches": log}))
    assert found.searches == 3
    assert found.queries.to_dict() == {"hat": 2, "shoe": 1}
    assert found.daily.tolist() == [2, 0, 1]
    assert found.events.to_dict() == {
        "impression": 3, "click": 1, "add_to_cart": 0, "purchase": 0
    }  # fmt: skip
    assert (found.products, found.categories, found.prices, found.stars) == (0, None, None, None)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_count_of_a_task_has_a_name(language, shop):
    for task in TASKS:
        for count in get_task(task).readiness(shop.tables()).counts:
            assert say(f"counts.{count}", language)


def test_both_languages_say_the_same_things():
    english, chinese = TEXTS.texts["en"], TEXTS.texts["zh"]
    assert english.keys() == chinese.keys()

    def names(text: str) -> set[str]:
        # A plural of English holds placeholders of its own.
        return set(re.findall(r"\{(\w+)", text))

    assert [code for code in english if names(english[code]) != names(chinese[code])] == []


PROBE = """
import json, sys
from streamlit.testing.v1 import AppTest
from engine.errors import ShoplabError
from engine.serving import client
def refuse(*_):
    raise ShoplabError("inference.failed", log="")
# The pages are what is looked at: no model is to be waited for.
client.ask, client.warm = refuse, lambda *_: None
app = AppTest.from_file("app.py", default_timeout=float(sys.argv[1]))
app.query_params["w"] = sys.argv[2]
app.run()
for page in sys.argv[3:]:
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception, page
print(json.dumps(sorted({"torch", "transformers", "sentence_transformers"} & set(sys.modules))))
"""


@pytest.mark.parametrize("language", ["en"])
def test_no_page_imports_torch(language, shop):
    command = [sys.executable, "-c", PROBE, str(LONG), shop.key, *PAGES]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout.splitlines()[-1]) == []


def test_the_navigation_is_made_once_for_each_language(home, quiet_models, monkeypatch) -> None:
    app = open_app("en")
    made: list[str] = []
    monkeypatch.setattr(shell.st, "Page", lambda *_, title, **__: made.append(title))
    assert not app.run().exception
    assert not made
