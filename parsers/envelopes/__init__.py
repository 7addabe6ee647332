"""The envelopes, one visible line each; of those that fit equally well, the first is taken."""

from parsers.envelopes.access_log import ACCESS_LOG
from parsers.envelopes.actions import ACTIONS, ACTIONS_GH, GITEA
from parsers.envelopes.asciicast import ASCIICAST, ASCIICAST_3
from parsers.envelopes.asciicast_1 import ASCIICAST_1
from parsers.envelopes.charm import CHARM
from parsers.envelopes.compose_logs import COMPOSE_LOGS
from parsers.envelopes.cri import CRI
from parsers.envelopes.docker_json import DOCKER_JSON
from parsers.envelopes.drone import DRONE
from parsers.envelopes.gitlab import GITLAB
from parsers.envelopes.iso import ISO
from parsers.envelopes.journald import JOURNALD_EXPORT, JOURNALD_JSON
from parsers.envelopes.journald_short import SHORT_FULL, SHORT_ISO, SHORT_UNIX
from parsers.envelopes.json_array import JSON_ARRAY
from parsers.envelopes.json_lines import JSON_LINES
from parsers.envelopes.logfmt import LOGFMT, LOGRUS_TTY
from parsers.envelopes.moreutils_ts import TIME_OF_DAY, TS, TS_ELAPSED, TS_EPOCH, TS_INTERVAL
from parsers.envelopes.pytest_log import PYTEST_LOG
from parsers.envelopes.python_logging import PYTHON_BASIC, PYTHON_LOGGING
from parsers.envelopes.service_logs import SERVICE_LOGS
from parsers.envelopes.syslog import SYSLOG_3164, SYSLOG_5424
from parsers.envelopes.woodpecker import WOODPECKER

# Worn line by line inside any other: looked for in every message, whatever the rest of the source is.
INNER = (PYTEST_LOG, PYTHON_BASIC, CHARM, LOGFMT, LOGRUS_TTY)

ENVELOPES = (
    PYTHON_LOGGING,
    SERVICE_LOGS,
    COMPOSE_LOGS,
    SHORT_ISO,
    SHORT_FULL,
    SHORT_UNIX,
    CRI,
    GITEA,
    ACTIONS,
    ACTIONS_GH,
    GITLAB,
    ISO,
    ACCESS_LOG,
    JOURNALD_EXPORT,
    ASCIICAST_1,
    JSON_ARRAY,
    DRONE,
    WOODPECKER,
    DOCKER_JSON,
    JOURNALD_JSON,
    JSON_LINES,
    SYSLOG_3164,
    SYSLOG_5424,
    TS,
    TS_EPOCH,
    TS_ELAPSED,
    TS_INTERVAL,
    TIME_OF_DAY,
    ASCIICAST,
    ASCIICAST_3,
    *INNER,
)

__all__ = ["CHARM", "ENVELOPES", "INNER"]
