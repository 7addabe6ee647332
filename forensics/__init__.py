"""A flight recorder and race detector for deployments."""

__version__ = "0.1.0"
