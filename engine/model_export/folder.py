"""An exported model's folder: weights, tokenizer, and the card that says how to use them."""

import json
import shutil
from pathlib import Path

from engine.model_export.card import write_card
from engine.model_export.measurement import measure
from engine.model_export.snippets import classifier_lines, encoder_lines, generator_lines
from engine.model_export.source import Source
from engine.models.download import HUB_FILES
from engine.models.pretrained import locate
from engine.progress import Silent
from engine.storage.files import write_json
from engine.storage.workspace import Workspace

BASE = "base"
_ADAPTER = "adapter_config.json"
_WEIGHTS = ".safetensors"
# What a model's own settings are in; every other file of a base's folder is its tokenizer's.
_MODEL_FILES = ("config.json", "generation_config.json")
_EXAMPLES = {
    "en": {"query": "red mug", "product": "Ceramic mug, red, 300 ml", "review": "Broke in a week."},
    "zh": {"query": "红色杯子", "product": "陶瓷马克杯 红色 300ml", "review": "用了一周就坏了。"},
}
# What a text of the task is, for the lines that show how to ask.
_READS = {"attributes": "product", "sentiment": "review"}


def write_folder(source: Source, folder: Path, workspace: Workspace, language: str) -> None:
    """Write the model of `source` into `folder`, which is empty, with its card in `language`.

    Raises InputError `models.not_here` where the pretrained model is needed and not on this
    machine.
    """
    match source.kind:
        case "encoder":
            shutil.copytree(source.bundle / "encoder", folder, dirs_exist_ok=True)
        case "classifier":
            from engine.model_export.classifier import write_classifier  # torch

            write_classifier(source, folder)
        case "generator":
            shutil.copytree(source.bundle / "generator", folder, dirs_exist_ok=True)
        case "adapter":
            _write_adapter(source, folder)
    code = _lines(source, folder, workspace.language)
    measured = measure(workspace, source.run)
    card = write_card(source, measured, code, workspace.language, language)
    (folder / "README.md").write_text(card, encoding="utf-8")


def size_of(source: Source) -> int:
    """About how many bytes the folder of `source` will have."""
    files = [file for file in source.bundle.rglob(f"*{_WEIGHTS}") if file.is_file()]
    if source.kind == "classifier" or source.carries_base:
        base = locate(source.base, Silent())
        # A base in 16 bits is written in 32 with a classifier.
        files += 2 * list(base.rglob(f"*{_WEIGHTS}"))
    return sum(file.stat().st_size for file in files)


def _write_adapter(source: Source, folder: Path) -> None:
    shutil.copytree(source.bundle / "generator", folder, dirs_exist_ok=True)
    base = locate(source.base, Silent())
    if source.carries_base:
        (folder / BASE).mkdir()
    for file in base.iterdir():
        if not file.is_file() or not file.name.endswith(HUB_FILES) or file.name.startswith("."):
            continue
        if source.carries_base:
            shutil.copy(file, folder / BASE)
        if not file.name.startswith(_MODEL_FILES) and _WEIGHTS not in file.name:
            shutil.copy(file, folder)
    about = json.loads((folder / _ADAPTER).read_text(encoding="utf-8"))
    about["base_model_name_or_path"] = BASE if source.carries_base else source.base_on_hub
    write_json(folder / _ADAPTER, about)


def _lines(source: Source, folder: Path, shop_language: str) -> str:
    language = "zh" if shop_language == "zh" else "en"
    examples = _EXAMPLES[language]
    match source.kind:
        case "classifier":
            return classifier_lines([examples[_READS.get(source.run.task, "query")]])
        case "encoder":
            prompts = _prompts(folder)
            mark = source.about.get("mark", "")
            asked = [mark + examples["product"] if mark else examples["query"]]
            return encoder_lines(asked, [examples["product"]], prompts, basket=bool(mark))
    base = (BASE if source.carries_base else source.base_on_hub) if source.kind == "adapter" else ""
    return writing_lines(shop_language, base=base, template=_has_template(folder))


def writing_lines(
    shop_language: str, *, base: str = "", template: bool = True, file: str = ""
) -> str:
    """The lines that have a generator write about an example, see `generator_lines`."""
    language = "zh" if shop_language == "zh" else "en"
    title = _EXAMPLES[language]["product"]
    return generator_lines(language, title, base=base, template=template, file=file)


def _prompts(folder: Path) -> tuple[str, str]:
    """What the encoder reads before a query and before a product."""
    about = json.loads((folder / "config_sentence_transformers.json").read_text(encoding="utf-8"))
    prompts = about.get("prompts") or {}
    passage = prompts.get("passage") or prompts.get("document") or ""
    return prompts.get("query") or "", passage


def _has_template(folder: Path) -> bool:
    if (folder / "chat_template.jinja").is_file():
        return True
    about = folder / "tokenizer_config.json"
    return about.is_file() and "chat_template" in json.loads(about.read_text(encoding="utf-8"))
