"""The HTTP interface with the models of this process behind it."""

from fastapi import FastAPI

from engine.serving.answering import open_answerer
from engine.serving.api.app import build_api
from engine.serving.api.settings import ApiSettings
from engine.storage.deployments import Deployments
from engine.storage.runs import UNTUNED
from engine.storage.workspace import Workspace
from engine.tasks import TASKS


def open_api(settings: ApiSettings) -> FastAPI:
    """The app, which begins to load what the workspaces that `settings` name serve."""
    answerer = open_answerer("stderr")
    for shop in map(Workspace.open, sorted(settings.workspaces or ())):
        for task in TASKS:
            if (run := Deployments(shop).current(task)) != UNTUNED:
                answerer.warm(shop.name, task, run)
    return build_api(answerer, settings)
