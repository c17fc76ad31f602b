"""A shop small enough to train on in a second, with a tiny encoder that knows its words."""

from pathlib import Path

from engine.errors import Cancelled
from engine.simulation.tiny_shop import MATERIALS, NAMES, tiny_catalog, tiny_frames
from engine.storage.workspace import Workspace
from engine.tables.tables import Tables
from engine.tasks import get_tiny
from tests.tiny import tiny_encoder_folder


def tiny_tables(task: str = "intent") -> Tables:
    """The shop's tables in memory, large enough in what `task` learns from."""
    return get_tiny(task).tables()


def tiny_workspace(name: str = "tiny", task: str = "intent") -> Workspace:
    """The shop on disk, below the SHOPLAB_HOME of the test, with what `task` learns from."""
    workspace = Workspace.create(name, "en")
    workspace.replace_tables(dict(tiny_tables(task).frames), {})
    return workspace


def tiny_settings(task: str, encoder: str) -> dict[str, object]:
    """Settings with which `task` learns in a moment, from a tiny encoder or a generator beside it.

    The generator is made when it is first asked for.
    """
    tiny = get_tiny(task)
    if tiny.pretrained == "encoder":
        return {"model": encoder, **tiny.settings}
    from tests.tiny_generator import tiny_generator_folder

    products = tiny_catalog()
    texts = [*products["title"], *products["description"], *products["category"]]
    texts += [*products["attributes"], "Facts: Product: Category: You find it under. The type:"]
    texts += ["Brand: Acme. It comes from Acme."]
    generator = tiny_generator_folder(Path(encoder).parent, texts, size=64)
    return {"model": str(generator), **tiny.settings}


def tiny_texts(task: str) -> dict[str, object]:
    """Settings with which `task` writes short texts, where nothing depends on their length."""
    return {"new_tokens": 12} if get_tiny(task).pretrained == "generator" else {}


def tiny_model(folder: Path) -> str:
    """The folder of a tiny encoder that knows the shop's words."""
    frames = tiny_frames()
    texts = [*frames["products"]["description"], *frames["searches"]["query"].unique()]
    texts += [*MATERIALS.values(), *NAMES, *frames["reviews"]["text"]]
    return str(tiny_encoder_folder(folder, texts))


class Stopping:
    """Progress that keeps what it was told, and asks for a stop at one step of the training."""

    def __init__(self, at_step: int | None = None) -> None:
        self.at_step = at_step
        self.steps: list[int] = []
        self.stages: list[str] = []

    def stage(self, name: str, done: int = 0, total: int = 0) -> None:
        self.stages.append(name)
        if name == "train" and done:
            self.steps.append(done)

    def point(self, metric: str, value: float, step: int) -> None:
        pass

    def check(self) -> None:
        if self.at_step is not None and self.steps and self.steps[-1] >= self.at_step:
            raise Cancelled
