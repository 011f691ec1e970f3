"""XES as a table: which attributes become columns, and what a broken, hostile or foreign file is told."""

from __future__ import annotations

import gzip
import io
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.commands.frame import main
from adapters.eventlog import read_log
from adapters.eventlog.xeslog import xes_table
from workflow.errors import UnreadableLog
from workflow.logevent import Place
from workflow.logmap import LogMap, read_map

MAP = """\
procedure: pipeline-incident
columns: {case: "case:concept:name", activity: "concept:name", time: "time:timestamp", actor: "org:resource"}
activities: {A: occurred, B: identified, C: phone_report}
"""
WHO = '<string key="org:resource" value="x"/>'
A = f'<event><string key="concept:name" value="A"/>{WHO}<date key="time:timestamp" value="2018-01-01T08:00:00.000+08:00"/></event>'
B = '<event><string key="concept:name" value="B"/><date key="time:timestamp" value="2018-01-01T09:00:00+08:00"/></event>'
ONE = f'<trace><string key="concept:name" value="1"/>{A}{B}</trace>'


def log(inside: str, head: str = '<?xml version="1.0" encoding="UTF-8"?>\n') -> bytes:
    return f'{head}<log xes.version="1.0">{inside}</log>'.encode()


@pytest.fixture(scope="module")
def log_map() -> LogMap:
    return read_map(MAP, "m.yaml")


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    def write(content: bytes, name: str = "log.xes") -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


def rows(path: Path) -> list[tuple[Place, dict[str, Any]]]:
    table = xes_table(path)
    return [(place, dict(zip(table.header, fields, strict=True))) for place, fields in table.rows]


def refusal(path: Path, log_map: LogMap) -> str:
    with pytest.raises(UnreadableLog) as caught:
        read_log(path, log_map)
    assert path.name in str(caught.value) and caught.value.message.zh
    return str(caught.value)


def test_attributes_of_the_trace_and_of_the_event_are_columns_and_what_is_nested_is_not(file: Any) -> None:
    inside = """
    <extension name="Time" prefix="time" uri="http://nowhere.example/time.xesext"/>
    <global scope="event"><string key="concept:name" value="DEFAULT"/></global>
    <classifier name="c" keys="concept:name"/>
    <string key="origin" value="of the log"/>
    <trace><string key="concept:name" value="1"><string key="why" value="nested"/></string>
      <event><string key="concept:name" value="A"/><int key="n" value="3"><int key="deep" value="4"/></int>
        <list key="l"><values><string key="in list" value="x"/></values></list></event>
      <event><string key="concept:name" value="B"/><boolean key="ok" value="true"/></event>
      <string key="area" value="north"/>
    </trace>
    <trace><event><string key="concept:name" value="C"/></event></trace>
    <event><string key="concept:name" value="D"/></event>"""
    blank = {"concept:name": "", "n": "", "case:concept:name": "", "case:area": "", "ok": ""}
    one = {"case:concept:name": "1", "case:area": "north"}
    assert rows(file(log(inside))) == [
        (Place(1, 1), blank | one | {"concept:name": "A", "n": "3"}),
        (Place(1, 2), blank | one | {"concept:name": "B", "ok": "true"}),
        (Place(2, 1), blank | {"concept:name": "C"}),
        (Place(0, 1), blank | {"concept:name": "D"}),
    ]


def test_a_date_keeps_its_offset_without_any_format_in_the_map(file: Any, log_map: LogMap) -> None:
    [(case, [first, second])] = read_log(file(log(ONE)), log_map).cases
    assert case == "1" and first.happened.lo == first.happened.hi == datetime(2018, 1, 1, tzinfo=UTC)
    assert (first.zone, first.place, str(second.place), second.place.say().en) == ("", Place(1, 1), "1/2", "trace 1, event 2")


@pytest.mark.parametrize("name", ["log.xes", "log.xes.gz", "log.xml", "export"])
@pytest.mark.parametrize("head", ["", '<?xml version="1.0"?>', "<!-- made by hand -->\n", "\ufeff"])
@pytest.mark.parametrize("packed", [False, True])
def test_xes_is_known_by_its_bytes(file: Any, log_map: LogMap, name: str, head: str, packed: bool) -> None:
    content = log(ONE, head)
    assert read_log(file(gzip.compress(content) if packed else content, name), log_map).read == 2


def test_utf_16_and_namespaces(file: Any, log_map: LogMap) -> None:
    named = log(ONE, '<?xml version="1.0" encoding="UTF-16"?>').decode().encode("utf-16")
    assert read_log(file(named, "a"), log_map).read == 2
    prefixed = ONE.replace("</", "</x:").replace("<", "<x:").replace("<x:/x:", "</x:")
    assert read_log(file(f'<x:log xmlns:x="http://www.xes-standard.org/">{prefixed}</x:log>'.encode()), log_map).read == 2


def test_a_trace_without_a_name_and_a_stamp_that_is_none_are_rows_that_cannot_be_read(file: Any, log_map: LogMap) -> None:
    found = read_log(
        file(log(f"{ONE}<trace>{A}</trace><trace><string key='concept:name' value='3'/>{B.replace('2018', 'x')}</trace>")), log_map
    )
    assert [(u.place, u.reason.en) for u in found.unreadable] == [
        (Place(2, 1), "no case id"),
        (Place(3, 1), "cannot read the time 'x-01-01T09:00:00+08:00'"),
    ]


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE log [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE log SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE log [<!ENTITY x SYSTEM "http://nowhere.example/x">]>',
        "<!DOCTYPE log>",
    ],
)
def test_a_document_type_is_refused(file: Any, log_map: LogMap, doctype: str) -> None:
    assert "document type" in refusal(file(log(ONE.replace("north", "&b;"), '<?xml version="1.0"?>' + doctype)), log_map)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (log(ONE)[:-20], "broken or truncated"),
        (log(ONE) + b"<", "broken or truncated"),
        (log(ONE).replace(b"</event>", b"</evnt>", 1), "broken or truncated"),
        (log("&undeclared;"), "broken or truncated"),
        (log(ONE, '<?xml version="1.0" encoding="gb18030"?>'), "broken or truncated"),
        (log(ONE, '<?xml version="1.0" encoding="klingon"?>'), "broken or truncated"),
        (b"", "broken or truncated"),
        (b"case,what\n", "broken or truncated"),
        (b"\x1f\x8b\x08\x00", "compressed file is broken or truncated"),
        (gzip.compress(log(ONE * 50))[:-9], "compressed file is broken or truncated"),
        (b"<html><body/></html>", "it is no XES: its root is 'html'"),
        (log(""), "no events"),
        (log(f"<trace><event>{'<list>' * 200}{'</list>' * 200}</event></trace>"), "deeper than"),
        (log("<trace><event><string key='k' value='" + "x" * 6_000_000 + "'/></event></trace>"), "a tag of more than"),
        (
            log("<trace><event><string key='k' value='v'/></event></trace>"),
            "no column case:concept:name, concept:name, time:timestamp, org:resource",
        ),
    ],
)
def test_what_is_no_xes_is_refused(file: Any, log_map: LogMap, content: bytes, says: str) -> None:
    assert says in refusal(file(content), log_map)


def test_a_missing_file(tmp_path: Path, log_map: LogMap) -> None:
    assert "no such file" in refusal(tmp_path / "none.xes", log_map)


def test_only_a_piece_of_the_file_is_held_at_a_time(file: Any) -> None:
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb") as out:
        out.write(log(ONE * 20_000))
    table = xes_table(file(packed.getvalue()))
    tracemalloc.start()
    try:
        assert sum(1 for _ in table.rows) == 40_000
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()


def test_the_command_reads_xes_and_names_the_event_that_it_cannot_read(
    file: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "m.yaml").write_text(MAP)
    path = file(gzip.compress(log(ONE + f"<trace>{A}</trace>")), "log.xes.gz")
    assert main(["replay", "--log", str(path), "--map", str(tmp_path / "m.yaml"), "--lang", "en"]) == 1
    said = capsys.readouterr()
    assert "events 3 = applied 2 + deviating 0 + ignored 0 + unreadable 1" in said.out
    assert "trace 2, event 1 cannot be read: no case id" in said.err
