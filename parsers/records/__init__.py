"""Record parsers: sources with a grammar of their own, one file each, one line each."""

from __future__ import annotations

from parsers.record import Record
from parsers.records.abra_json import ABRA_JSON
from parsers.records.ci_build import CI_BUILD
from parsers.records.claims import CLAIMS
from parsers.records.docker_events_json import DOCKER_EVENTS_ARRAY, DOCKER_EVENTS_JSON
from parsers.records.docker_events_text import DOCKER_EVENTS_TEXT
from parsers.records.docker_inspect import DOCKER_INSPECT
from parsers.records.docker_ps import DOCKER_PS, DOCKER_PS_JSON
from parsers.records.docker_services import DOCKER_SERVICES, DOCKER_SERVICES_JSON
from parsers.records.docker_tasks import DOCKER_TASKS
from parsers.records.dockerd import DOCKERD
from parsers.records.env_file import ENV_FILE
from parsers.records.git_log import GIT_LOG
from parsers.records.git_places import GIT_LINK, GIT_REFTABLE
from parsers.records.git_reflog import GIT_REFLOG
from parsers.records.git_reflog_export import GIT_LOG_WALK, GIT_REFLOG_EXPORT
from parsers.records.git_refs import GIT_REFS
from parsers.records.junit_xml import JUNIT_XML
from parsers.records.results_json import CANONICAL_JSON, RESULTS_JSON

RECORDS: tuple[Record, ...] = (
    GIT_REFLOG,
    GIT_REFLOG_EXPORT,
    GIT_LOG_WALK,
    GIT_REFS,
    GIT_LINK,
    GIT_REFTABLE,
    GIT_LOG,
    DOCKER_EVENTS_JSON,
    DOCKER_EVENTS_ARRAY,
    DOCKER_EVENTS_TEXT,
    DOCKER_INSPECT,
    DOCKER_PS,
    DOCKER_PS_JSON,
    DOCKER_SERVICES,
    DOCKER_SERVICES_JSON,
    DOCKER_TASKS,
    DOCKERD,
    CI_BUILD,
    RESULTS_JSON,
    CANONICAL_JSON,
    JUNIT_XML,
    ENV_FILE,
    ABRA_JSON,
    CLAIMS,
)
