"""Event logs of other systems, read into clean, totally ordered events for each case."""

from adapters.eventlog.history import LogRead, Unreadable, load_map, read_log

__all__ = ["LogRead", "Unreadable", "load_map", "read_log"]
