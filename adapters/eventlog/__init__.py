"""Event logs of other systems, read into clean, totally ordered events for each case."""

from adapters.eventlog.csvlog import LogRead, load_map, read_log

__all__ = ["LogRead", "load_map", "read_log"]
