"""The envelopes, one visible line each; tried in this order, the best fit wins."""

from parsers.envelopes.charm import CHARM
from parsers.envelopes.drone import DRONE
from parsers.envelopes.iso import ISO
from parsers.envelopes.journald import SHORT_ISO
from parsers.envelopes.json_lines import DOCKER_JSON, JSON_LINES
from parsers.envelopes.python_logging import PYTHON_LOGGING

ENVELOPES = (PYTHON_LOGGING, SHORT_ISO, ISO, DRONE, DOCKER_JSON, JSON_LINES)

__all__ = ["CHARM", "ENVELOPES"]
