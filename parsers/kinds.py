"""The kinds of events: one entry a kind, with the columns and attrs it may fill.

`columns` are columns of the event table beyond locator and time; `attrs` are keys of the JSON object in
`attrs`. A kind states what a record *says*, never what it means: that an intended call took effect, or
that a label read is a label stamped, is for the correlator to find out.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """What one kind of event says, and where it puts it."""

    says: str
    columns: tuple[str, ...] = ()
    attrs: tuple[str, ...] = ()


KINDS: dict[str, Kind] = {
    # --- the harness -------------------------------------------------------------------------------
    "run.start": Kind("a run begins", ("run", "recipe", "ref"), ("pr", "src", "stages", "quick")),
    "run.end": Kind("a run says that it is over; outcome is pass or fail", ("run", "outcome"), ("level", "stages")),
    "run.result": Kind(
        "results.json: outcome is pass, fail or unknown; ts is `finished`",
        ("run", "recipe", "ref", "outcome"),
        ("level", "stages", "flags", "schema", "version", "pr", "lint"),
    ),
    "recipe.fetch": Kind("the harness fetches a recipe", ("recipe",)),
    "recipe.snapshot": Kind("HEAD as the harness reads it", ("commit",), ("describe",)),
    "checkout": Kind("a checkout by the harness: ref as asked, commit as HEAD then read", ("ref", "commit")),
    "overlay": Kind("an untracked file is put into the work tree: the tree is dirty from here", (), ("file",)),
    "env.set": Kind("the harness writes a value into the app's env file", (), ("key", "value")),
    "env.value": Kind(
        "one KEY=value of an app's .env as collected, or as the tool read it from the service",
        ("stack", "recipe"),
        ("key", "value", "domain"),
    ),
    "lock.wait": Kind("waiting for a lock", ("lock",)),
    "lock.acquire": Kind("a lock is held from here", ("lock",)),
    "lock.release": Kind("a lock is held no more", ("lock",)),
    "deploy.start": Kind("the harness begins a deploy; command is `deploy` or `redeploy`", ("stack", "command"), ("domain",)),
    "deploy.end": Kind("the harness says that its deploy call returned", ("stack", "command", "outcome"), ("domain",)),
    "command": Kind("a command line as run", ("command", "stack"), ("tool", "verb", "domain", "version", "chaos")),
    "stamp.read": Kind(
        "an identity read: stamp is the chaos version where the label says chaos, else the version",
        ("stack", "stamp"),
        ("version", "chaos", "chaos_version"),
    ),
    "stamp.recap": Kind(
        "`upgrade→PR-head`: repeats the two identity reads around an upgrade; stamp_prev/stamp are the versions' chaos value before/after where told",
        ("stamp", "ref"),
        ("head_ref", "chaos_version", "version_before", "version_after"),
    ),
    "upgrade.base": Kind("which base the upgrade starts from", (), ("base_kind", "version", "why")),
    "upgrade.converged": Kind("the harness takes an update state as settled", (), ("state",)),
    "check.pass": Kind("a stage passed", ("outcome",), ("stage",)),
    "check.fail": Kind("a stage failed; stamp/ref are the values the message compares", ("outcome", "stamp", "ref"), ("stage", "message")),
    "deploy.count": Kind("how many deploys the harness counted", (), ("n", "want")),
    "health": Kind("replicas as polled", ("stack",), ("replicas",)),
    "prepull": Kind("images are pulled ahead", (), ("detail",)),
    "teardown.start": Kind("the harness begins its teardown", (), ("title",)),
    "banner": Kind("a headline of the harness", (), ("title",)),
    "promote": Kind("a canonical version is, or is not, recorded", ("recipe", "stamp", "outcome"), ("why",)),
    "canonical": Kind("canonical.json: what is recorded as known good", ("recipe", "stamp", "commit"), ("status",)),
    "file.shared": Kind("a line names a file under /tmp that runs on one domain share", (), ("path",)),
    "sweep": Kind(
        "a line of the nightly sweep; what: `mirror-sync`, or `verdict` as labelled", ("recipe", "outcome"), ("rc", "note", "list", "what")
    ),
    "harness.warning": Kind("the harness warns; tag names of what", (), ("tag", "message")),
    "log.cut": Kind("a log says that its oldest lines are gone", ()),
    "test.result": Kind("one test's outcome", ("outcome",), ("node", "reason", "ms", "stage", "count")),
    "test.total": Kind("totals of one test session", (), ("counts", "seconds")),
    "step.start": Kind("a CI step, section or group begins", ("run", "command"), ("step",)),
    "step.end": Kind(
        "a CI step, section or group ends; outcome is ok, fail, canceled or ignored, null where it is not said; step is `job` where all of it ends",
        ("run", "outcome"),
        ("step", "rc", "why"),
    ),
    "step.error": Kind("a CI step reports an error", (), ("message", "place")),
    "build.result": Kind(
        "a CI's own record of a build: outcome is pass, fail, or canceled, which is neither",
        ("run", "ref", "outcome"),
        ("number", "status", "event"),
    ),
    "session.start": Kind("`Script started`: bounds undated output", ("command",)),
    "session.end": Kind("`Script done`", ("outcome",), ("rc",)),
    "claim": Kind(
        "somebody states something: text as said; predicate what evidence can contradict, null where none is known, and its subject",
        ("run", "stack", "stamp", "outcome", "actor"),
        ("text", "predicate", "subject", "by", "at"),
    ),
    # --- abra --------------------------------------------------------------------------------------
    "tool.version": Kind("a tool names its version", ("command",), ("version", "commit")),
    "env.read": Kind("the tool reads an app's env file: its path tells ABRA_DIR", ("tree", "stack"), ("value", "file", "abra_dir")),
    "stack.check": Kind("the tool looks whether the stack is deployed", ("stack",)),
    "tree.checkout": Kind(
        "the tool moved HEAD by itself (go-git: no reflog line); tree is the work tree named", ("recipe", "ref", "tree"), ("path",)
    ),
    "stamp.taken": Kind("the version that a deploy will stamp", ("stamp",), ("how",)),  # how: chaos | specified | new recipe
    "version.choice": Kind(
        "the tool chose the latest release of a recipe; what a deploy stamps, `stamp.taken` tells", ("stamp",), ("available",)
    ),
    "compose.load": Kind("a compose file goes into the deploy", ("tree",), ("file",)),
    "deploy.announce": Kind(
        "the tool says what it replaces: stamp_prev is what it read from the stack; `unknown` is null",
        ("stack", "stamp", "stamp_prev"),
        ("domain", "verb"),
    ),
    "service.intent": Kind(
        "before the call: the tool will create, update or remove a service or network", ("service", "service_id"), ("verb", "object")
    ),
    "converge.skip": Kind("the tool does not wait for convergence", ()),
    "deploy.done": Kind("the tool says that its deploy or undeploy succeeded", ("stack", "outcome"), ("domain", "verb")),
    "undeploy.start": Kind("the tool begins to remove the stack", ("stack",), ("domain",)),
    "deploy.error": Kind("the tool gives up; outcome names the reason", ("stack", "outcome"), ("message", "domain", "rule")),
    "lint.rule": Kind(
        "one rule of `abra recipe lint`: outcome is pass, fail or skip; severity `error` stops a deploy",
        ("outcome",),
        ("rule", "says", "severity", "mend"),
    ),
    "lint.result": Kind("`abra recipe lint` as a whole; only that it found critical errors is said", ("recipe", "outcome")),
    "deploy.list": Kind(
        "`abra app ls -m`: what the tool reads from the stack, undated", ("stack", "stamp", "recipe"), ("domain", "status", "chaos")
    ),
    # --- swarm and docker --------------------------------------------------------------------------
    "service.create": Kind("swarm created a service", ("service", "service_id")),
    "service.update": Kind(
        "a write to a service that changes no update state",
        ("service", "service_id"),
        ("image_old", "image_new", "replicas_old", "replicas_new"),
    ),
    "service.state": Kind(
        "swarm's update state changed; outcome is the new state",
        ("service", "service_id", "outcome"),
        ("state_old", "state_new", "image_old", "image_new", "replicas_old", "replicas_new"),
    ),
    "service.remove": Kind("swarm removed a service", ("service", "service_id")),
    "service.spec": Kind(
        "inspect: what Spec holds; ts is UpdatedAt, the last write's instant",
        ("stack", "service", "service_id", "recipe", "stamp", "version_index"),
        (
            "version",
            "chaos",
            "image",
            "created_at",
            "created_ns",
            "captured_ns",
            "has_previous",
            "failure_action",
            "order",
            "monitor_ns",
            "parallelism",
            "max_failure_ratio",
            "force_update",
        ),
    ),
    "service.previous": Kind(
        "inspect: what PreviousSpec holds",
        ("stack", "service", "service_id", "stamp", "version_index"),
        ("version", "chaos", "image", "captured_ns"),
    ),
    "service.status": Kind(
        "inspect: UpdateStatus; outcome is its state",
        ("stack", "service", "service_id", "outcome", "version_index"),
        ("started_at", "started_ns", "completed_at", "completed_ns", "message", "captured_ns"),
    ),
    "task.start": Kind("a task's container started", ("stack", "service", "service_id"), ("task_id", "container_id", "image")),
    "task.die": Kind(
        "a task's container ended", ("stack", "service", "service_id", "outcome"), ("task_id", "container_id", "exit_code", "image")
    ),
    "task.oom": Kind(
        "the kernel killed a task's container for memory", ("stack", "service", "service_id"), ("task_id", "container_id", "image")
    ),
    "task.kill": Kind("a signal was sent to a task's container", ("stack", "service", "service_id"), ("task_id", "container_id", "signal")),
    "task.health": Kind("a health check's verdict", ("stack", "service", "service_id", "outcome"), ("task_id", "container_id")),
    "task.state": Kind(
        "`service ps`, `stack ps`, a task's inspect: its state; time only relative, but for the inspect, where it is the state's",
        ("stack", "service", "service_id", "outcome", "version_index"),
        ("task_id", "desired", "error", "image", "node", "age", "exit_code", "container_id", "message"),
    ),
    "service.list": Kind(
        "`docker service ls`, `docker stack services`: replicas and image as somebody asked, undated",
        ("service", "service_id"),
        ("replicas", "mode", "image"),
    ),
    "task.error": Kind("dockerd: a task failed", ("service_id", "outcome"), ("task_id", "node_id", "error", "rel_us")),
    "infra.fault": Kind(
        "a line tells of a known fault of the infrastructure, whoever says it; outcome is its signature",
        ("outcome",),
        ("message", "rel_us"),
    ),
    "container.event": Kind(
        "any other container event", ("stack", "service", "service_id"), ("action", "container_id", "task_id", "image", "name")
    ),
    "object.event": Kind(
        "an event of a network, volume, secret, config, image, plugin, daemon or builder", (), ("type", "action", "id", "name", "scope")
    ),
    "node.state": Kind("a swarm node changed", ("host",), ("node_id", "changes")),
    "service.progress": Kind(
        "docker's client on a service's update: outcome is updating, rolling-back, rolled-back, verifying, task-failure, converged or paused; converged comes after a rollback too",
        ("service_id", "outcome"),
        ("message", "done", "total"),
    ),
    # --- git ---------------------------------------------------------------------------------------
    "head.move": Kind(
        "a reflog line: ref went from attrs.old to commit; index is the N of `ref@{N}` in an export, newest 0; unfinished where its newline is missing",
        ("tree", "ref", "commit", "actor", "recipe"),
        ("old", "message", "from", "to", "action", "index", "unfinished"),
    ),
    "head.value": Kind("HEAD as collected: commit where detached, else attrs.symbolic", ("tree", "commit"), ("symbolic",)),
    "ref.value": Kind(
        "a ref or tag as collected; commit is the peeled commit; symbolic is the ref that it names instead",
        ("tree", "ref", "commit"),
        ("object", "symbolic"),
    ),
    "git.link": Kind(
        "a `.git` file or a linked worktree: which git dir and work tree belong together", ("tree",), ("gitdir", "worktree", "common")
    ),
    "git.commit": Kind("a commit of the repository; ts is the commit's own date", ("tree", "commit"), ("subject", "decoration", "tags")),
    # --- what anybody may say -----------------------------------------------------------------------
    "export.needed": Kind("the source holds facts that only its own program can read: attrs.ask gives them", ("tree",), ("what", "ask")),
    "document": Kind("a document (JSON, XML) was read from here to there as a whole: its other lines tell nothing more"),
    "secret.seen": Kind("a line holds credentials: redacted in every output", (), ("what",)),
}
