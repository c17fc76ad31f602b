"""Languages beside Chinese and English are named, and their words are found."""

from pathlib import Path

import pandas as pd
import pytest

from engine.reading.language import detect_language, other_language
from engine.reading.load import load_files
from engine.retrieval.bm25 import BM25Index
from engine.storage.workspace import Workspace

TITLES = {
    "th": ["กระทะเหล็กหล่อ 26 ซม.", "หม้อเคลือบ 8 ลิตร"],
    "ar": ["غلاية نحاسية", "إبريق شاي زجاجي"],
    "ja": ["保温マグカップ", "陶器の急須"],
    "ko": ["보온 텀블러", "도자기 찻잔"],
    "ru": ["Чайник медный", "Кружка синяя"],
    "vi": ["Ấm đun nước bằng đồng", "Chảo gang đúc"],
    "fr": ["Tasse en porcelaine avec anse", "Bouilloire pour le thé", "Planche à pain du chef"],
    "de": ["Tasse aus Porzellan mit Henkel", "Kanne für den Tee", "Brett für das Brot"],
    None: ["Copper kettle 1.7 L", "Café mug, blue", "Crêpe pan", "Apron for the chef"],
}


@pytest.mark.parametrize("code", TITLES)
def test_a_language_is_recognised_by_its_letters_or_words(code: str | None) -> None:
    assert other_language(pd.Series(TITLES[code])) == code


def test_chinese_is_no_other_language() -> None:
    titles = pd.Series(["保温杯500ml", "陶瓷餐具"])
    assert other_language(titles) is None
    assert detect_language(titles, None) == "zh"
    assert detect_language(pd.Series(TITLES["ja"]), "ja") == "en"


def test_a_load_says_which_language_the_models_do_not_know(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "p.csv"
    file.write_text("id,title\n1,กระทะเหล็กหล่อ\n2,หม้อเคลือบ\n", encoding="utf-8")
    report = load_files(Workspace.create("shop"), {"products": file})
    assert report.language == "th"
    problem = report.tables["products"].problems[-1]
    assert problem.code == "data.language_unknown"
    assert "ไทย" in problem.message("en")


def test_words_without_spaces_between_them_are_found() -> None:
    index = BM25Index.of_texts(["T3", "T8"], TITLES["th"])
    assert index.search("กระทะ", 1).product_ids == ["T3"]
    assert index.search("หม้อ", 1).product_ids == ["T8"]
