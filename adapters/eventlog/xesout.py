"""A journal as XES (IEEE 1849): a trace a case, an event an entry, with the extensions concept, time, organizational, lifecycle."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from xml.sax.saxutils import quoteattr

from adapters.eventlog.told import ToldCase, ToldEvent, Value, stamped

_HEAD = """\
<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849.2016" xes.features="" xmlns="http://www.xes-standard.org/">
  <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
  <extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
  <extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
  <extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
  <global scope="trace">
    <string key="concept:name" value=""/>
  </global>
  <global scope="event">
    <string key="concept:name" value=""/>
    <date key="time:timestamp" value="1970-01-01T00:00:00.000+00:00"/>
    <string key="lifecycle:transition" value="complete"/>
  </global>
  <classifier name="Activity" keys="concept:name"/>
"""
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML cannot hold at all, not even escaped."""


def xes_lines(cases: Iterable[ToldCase]) -> Iterator[str]:
    """The file, line by line."""
    yield _HEAD
    for case in cases:
        yield "  <trace>\n"
        yield from _attributes({"concept:name": case.id, **case.values}, "    ")
        for event in case.events:
            yield "    <event>\n"
            yield from _attributes(_said(event), "      ")
            yield "    </event>\n"
        yield "  </trace>\n"
    yield "</log>\n"


def _said(event: ToldEvent) -> dict[str, Value]:
    who = {"org:resource": event.person, "org:role": event.role, "org:group": event.unit}
    standard: dict[str, Value] = {"concept:name": event.name, "time:timestamp": event.at, "lifecycle:transition": "complete"}
    return {**standard, **{k: v for k, v in who.items() if v}, **event.values}


def _attributes(values: Mapping[str, Value], indent: str) -> Iterator[str]:
    for key, value in values.items():
        if isinstance(value, bool):
            kind, text = "boolean", "true" if value else "false"
        elif isinstance(value, int):
            kind, text = "int", str(value)
        elif isinstance(value, datetime):
            kind, text = "date", stamped(value)
        else:
            kind, text = "string", _NO_XML.sub("\ufffd", value)
        yield f"{indent}<{kind} key={quoteattr(key)} value={quoteattr(text)}/>\n"
