"""The HTTP interface on a Ray cluster: `serve run engine.serving.replicas:app replicas=2`.

Ray Serve runs replicas of what `python -m engine serve` opens and lets each request go to one of
them. They share what is on disk, and each has models, a memory budget and limits of its own.
"""

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from engine.serving.api.settings import ApiSettings
from engine.serving.memory import MB
from engine.settings import cluster_environment

if TYPE_CHECKING:
    from ray.serve import Application

# More wait at the proxies. A replica is slow long before, and a key has its own limit.
MOST_AT_ONCE = 200


class ReplicaArguments(BaseModel):
    """What `serve run` may be told, each as `name=value`.

    - `replicas`: how many there are; `cpus`, `gpus`: what each takes of a machine.
    - `memory_mb`: how much memory a replica may take with its models. It only starts where so much
      is free.
    - `workspaces`, `origins`: `--workspace` and `--cors` of `python -m engine serve`, with commas
      between several.
    """

    model_config = ConfigDict(extra="forbid")

    replicas: int = Field(2, ge=1)
    cpus: float = Field(1, ge=0)
    gpus: float = Field(0, ge=0)
    memory_mb: int = Field(2000, ge=100)
    workspaces: str = ""
    origins: str = ""

    @property
    def settings(self) -> ApiSettings:
        """How each replica is set up."""
        names = _split(self.workspaces)
        return ApiSettings(frozenset(names) if names else None, _split(self.origins))

    @property
    def options(self) -> dict[str, object]:
        """What Ray Serve is told of the deployment."""
        environment = cluster_environment() | {"SHOPLAB_MODEL_MEMORY": str(self.memory_mb)}
        return {
            "num_replicas": self.replicas,
            "max_ongoing_requests": MOST_AT_ONCE,
            "ray_actor_options": {
                "num_cpus": self.cpus,
                "num_gpus": self.gpus,
                "memory": self.memory_mb * MB,
                "runtime_env": {"env_vars": environment},
            },
        }


def app(arguments: ReplicaArguments) -> "Application":
    """The application that Ray Serve runs."""
    from fastapi import FastAPI
    from ray import serve

    settings = arguments.settings

    def build() -> FastAPI:
        from engine.serving.api.opening import open_api  # in the replica alone: torch

        return open_api(settings)

    deployment = serve.deployment(name="shoplab", **arguments.options)
    return deployment(serve.ingress(build)()).bind()


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
