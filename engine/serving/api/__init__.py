"""The shop's models over HTTP, for programs and for the storefront."""

from engine.serving.api.app import build_api

__all__ = ["build_api"]
