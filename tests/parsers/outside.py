"""What must stand before lines of some envelopes, for these to be known."""

OUTSIDE = {
    "asciicast": '{"version": 2, "width": 80, "height": 24, "timestamp": 1795424127}',
    "asciicast_1": '{"version": 1, "width": 80, "height": 24, "stdout": [',
    "asciicast_3": '{"version": 3, "term": {"cols": 80, "rows": 24}, "timestamp": 1795424127}',
    "gitea_actions": "2026-11-23T08:55:27.0000000Z vm(version:v0.2.11) received task 7 of job deploy, be triggered by event: push",
    "ts_elapsed": "00:00:00 +",
    "ts_interval": "00:00:02 -\n00:00:00 +",
}
