"""Bad input, kind by kind: a clear error or a counted row, never a wrong figure in silence, and nothing of a log is executed."""

from __future__ import annotations

import gzip
import io
import json
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook

from adapters.commands.frame import main
from adapters.eventlog import LogRead, read_log, xlsxlog
from adapters.eventlog.convert import convert
from adapters.eventlog.split import part_of
from adapters.logsource import opened
from tests import ocel
from tests.integration.test_ocel_log import LOG as OCEL
from tests.integration.test_ocel_log import MAP as OBJECTS_MAP
from workflow.errors import NaiveTime, UnreadableLog
from workflow.logmap import LogMap, read_map
from workflow.moment import stamp

MAP = """\
procedure: service-incident
columns: {case: c, time: t, activity: a, actor: w}
formats: iso
activities: {A: created, B: activated, C: resolved}
"""
ZONED = MAP + "zone: Europe/Rome\n"
HEAD = "c,t,a,w\n"
GOOD = "1,2026-03-02T09:00:00+08:00,A,x\n1,2026-03-02T10:30:00+08:00,B,x\n1,2026-03-02T16:00:00+08:00,C,x\n"
EVENT = "<event><string key='a' value='A'/><date key='t' value='2026-03-02T09:00:00Z'/></event>"
XES = f"<log><trace><string key='c' value='1'/>{EVENT}</trace></log>"
COLUMNS = "case: c, time: t, activity: a, actor: w"
XES_MAP = MAP.replace(COLUMNS, 'case: "case:c", time: t, activity: a')
OCEL_MAP = MAP.replace(COLUMNS, 'case: "ocel:oid", activity: "ocel:activity", time: "ocel:timestamp", actor: "related:person"')
OCEL_MAP += "object_type: incident\n"
SHEET = [["c", "t", "a", "w"], ["1", "2026-03-02T09:00:00+08:00", "A", "x"]]
BOMB = "<!DOCTYPE l [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;'>]>"
MB = 1_000_000


@pytest.fixture
def put(tmp_path: Path) -> Callable[..., Path]:
    def write(content: str | bytes, name: str = "log.csv") -> Path:
        (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return tmp_path / name

    return write


@pytest.fixture
def duban(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def run(*words: str, log_map: str = MAP) -> tuple[int, str, str]:
        (tmp_path / "m.yaml").write_text(log_map, encoding="utf-8")
        capsys.readouterr()
        code = main([word.replace("MAP", str(tmp_path / "m.yaml")) for word in words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def workbook(tmp_path: Path, *rows: list[Any], name: str = "log.xlsx") -> Path:
    book = Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    book.save(tmp_path / name)
    return tmp_path / name


def with_parts(path: Path, parts: dict[str, bytes], name: str = "other.xlsx") -> Path:
    """A workbook with more parts in it, or with others in their place."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(path.with_name(name), "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            if info.filename not in parts:
                new.writestr(info.filename, old.read(info.filename))
        for part, data in parts.items():
            new.writestr(part, data)
    return path.with_name(name)


def mapped(text: str = MAP) -> LogMap:
    return read_map(text, "m.yaml")


def moments(found: LogRead) -> list[tuple[str, str]]:
    return [(stamp(e.happened.lo)[11:19], stamp(e.happened.hi)[11:19]) for _, events in found.cases for e in events]


# the whole file


def a_sheet(folder: Path) -> bytes:
    return workbook(folder, *SHEET, name="made.xlsx").read_bytes()


def a_database(folder: Path) -> bytes:
    return ocel.as_sqlite(folder / "made.sqlite", OCEL).read_bytes()


PACKED = gzip.compress((HEAD + GOOD * 500).encode(), mtime=0)
OBJECTS = json.dumps(OCEL)
Made = Callable[[Path], bytes]
BROKEN: dict[str, tuple[str, str, bytes | Made]] = {
    "an empty file": ("x.csv", MAP, b""),
    "gzip cut off": ("x.csv.gz", MAP, PACKED[:-20]),
    "gzip with another checksum": ("x.csv.gz", MAP, PACKED[:-6] + b"\0\0" + PACKED[-4:]),
    "gzip of XES cut off": ("x.xes.gz", XES_MAP, gzip.compress(XES.encode())[:-20]),
    "XML cut off": ("x.xes", XES_MAP, XES[:-20].encode()),
    "XML with a tag that is not closed": ("x.xes", XES_MAP, XES.replace("</event>", "").encode()),
    "XML of another kind": ("x.xes", XES_MAP, b"<html><body/></html>"),
    "entities that multiply": ("x.xes", XES_MAP, (BOMB + XES.replace("'A'", "'&c;'")).encode()),
    "an entity from elsewhere": ("x.xes", XES_MAP, ("<!DOCTYPE l [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>" + XES).encode()),
    "XML in an encoding that nobody knows": ("x.xes", XES_MAP, ("<?xml version='1.0' encoding='x-none'?>" + XES).encode()),
    "XML nested without end": ("x.xes", XES_MAP, XES.replace("</event>", "<list key='k'>" * 5000).encode()),
    "a tag without end": ("x.xes", XES_MAP, (XES[:-6] + "<trace a='" + "x" * 6 * MB + "'/></log>").encode()),
    "JSON cut off": ("x.json", OCEL_MAP, OBJECTS[:-20].encode()),
    "JSON nested without end": ("x.json", OCEL_MAP, b'{"objects": ' + b"[" * MB),
    "JSON of another kind": ("x.json", OCEL_MAP, b'{"a": 1}'),
    "objects in XML with entities": ("x.xmlocel", OCEL_MAP, (BOMB + "<log><object-types/></log>").encode()),
    "a database cut off": ("x.sqlite", OCEL_MAP, lambda folder: a_database(folder)[:-3000]),
    "a database of noise": ("x.sqlite", OCEL_MAP, lambda folder: a_database(folder)[:100] + b"\xff" * 50_000),
    "a workbook cut off": ("x.xlsx", MAP, lambda folder: a_sheet(folder)[:-300]),
    "a workbook of before 2007": ("x.xls", MAP, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4000)),
    "an archive that is no workbook": ("x.xlsx", MAP, b"PK\x03\x04" + bytes(400)),
    "Parquet cut off": ("x.parquet", MAP, b"PAR1" + bytes(100)),
    "not UTF-8": ("x.csv", MAP, (HEAD + "案,2026-03-02T09:00:00Z,A,x\n").encode("gb18030")),
    "UTF-16": ("x.csv", MAP, (HEAD + GOOD).encode("utf-16")),
}
NOT_FOR_THE_MAP: dict[str, tuple[str, str, bytes]] = {
    "CSV": ("x.csv", MAP, b"k,when,what\n1,2026-03-02T09:00:00Z,A\n"),
    "CSV with a column twice": ("x.csv", MAP, b"c,t,a,w,t\n1,2026-03-02T09:00:00Z,A,x,y\n"),
    "XES": ("x.xes", XES_MAP, XES.replace("'t'", "'when'").encode()),
    "OCEL": ("x.json", OCEL_MAP.replace("related:person", "related:place"), OBJECTS.encode()),
    "wide": ("x.csv", MAP.replace("case: c, time: t, activity: a", "case: c") + "wide: {接报: A}\n", b"c,w,t\n1,x,2026-03-02\n"),
}


def commands(path: Path) -> list[tuple[str, ...]]:
    return [
        ("replay", "--log", str(path), "--map", "MAP", "--json"),
        ("log", "inspect", str(path), "--map", "MAP", "--json"),
        ("log", "convert", str(path), str(path.with_name("out.parquet")), "--map", "MAP", "--json"),
    ]


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_no_log_is_refused_by_every_command_by_name_and_gives_no_figure(what: str, put: Any, duban: Any, tmp_path: Path) -> None:
    name, log_map, content = BROKEN[what]
    path = put(content(tmp_path) if callable(content) else content, name)
    for words in commands(path):
        code, out, err = duban(*words, log_map=log_map)
        error = json.loads(err.splitlines()[-1])
        assert (code, out, error["error"]) == (2, "", "input.log"), (words, err)
        assert name in error["where"] and "Traceback" not in err
    assert not path.with_name("out.parquet").exists()


@pytest.mark.parametrize("what", NOT_FOR_THE_MAP)
def test_a_map_that_names_no_column_of_the_log_is_refused_and_told_what_is_there(what: str, put: Any, duban: Any) -> None:
    name, log_map, content = NOT_FOR_THE_MAP[what]
    for words in commands(put(content, name))[:2]:
        code, out, err = duban(*words, log_map=log_map)
        error = json.loads(err.splitlines()[-1])
        assert (code, out, error["error"]) == (2, "", "input.log") and "it has:" in duban(*words, "--lang", "en", log_map=log_map)[2]


# another process


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_log_of_another_process_gives_no_report(put: Any, duban: Any, form: str) -> None:
    path = put(HEAD + GOOD.replace(",A,", ",下单,").replace(",B,", ",发货,").replace(",C,", ",付款,"))
    if form == "parquet":
        assert duban("log", "convert", str(path), str(path.with_name("p.parquet")), "--map", "MAP")[0] == 0
        path = path.with_name("p.parquet")
    code, out, err = duban("replay", "--log", str(path), "--map", "MAP", "--lang", "en")
    assert (code, out) == (2, "") and "the map knows no activity of the log" in err and "log: 下单, 发货, 付款; map: A, B, C" in err
    code, out, _ = duban("log", "inspect", str(path), "--map", "MAP", "--json")
    assert code == 0 and json.loads(out)["unknown"] == {"下单": 1, "发货": 1, "付款": 1}


def test_an_activity_that_the_map_does_not_know_is_counted_and_never_dropped(put: Any, duban: Any) -> None:
    path = put(HEAD + GOOD + "1,2026-03-02T11:00:00+08:00,发货,x\n")
    code, out, _ = duban("replay", "--log", str(path), "--map", "MAP", "--json")
    found = json.loads(out)
    assert code == 0 and found["deviations"] == {"unknown_activity": 1} and found["totals"]["events"]["deviating"] == 1


# times


def test_stamps_of_several_zones_are_each_the_instant_that_they_say(put: Any) -> None:
    rows = "1,2026-03-02T09:00:00+08:00,A,x\n1,2026-03-02T02:30:00Z,B,x\n1,2026-03-02T06:00:00-0500,C,x\n"
    found = read_log(put(HEAD + rows), mapped())
    assert moments(found) == [("01:00:00", "01:00:00"), ("02:30:00", "02:30:00"), ("11:00:00", "11:00:00")]


def test_stamps_with_and_without_a_zone_need_a_policy_for_those_without(put: Any) -> None:
    path = put(HEAD + GOOD + "1,2026-03-02 17:00:00,C,x\n")
    with pytest.raises(NaiveTime, match="17:00:00"):
        read_log(path, mapped())
    assert moments(read_log(path, mapped(ZONED)))[-1] == ("16:00:00", "16:00:00")


def test_stamps_of_a_case_that_cannot_be_compared_are_not(put: Any) -> None:
    found = read_log(put(HEAD + GOOD + "1,2026-03-02 17:00:00,C,x\n"), mapped(MAP + "zone: floating\n"))
    assert [(u.place.row, "cannot be compared" in u.reason.en) for u in found.unreadable] == [(5, True)] and found.read == 4


@pytest.mark.parametrize(
    ("face", "lo", "hi"),
    [
        ("2026-10-25 02:30:00", "00:30:00", "01:30:00"),  # the hour that comes twice
        ("2026-10-25 02:30", "00:30:00", "01:30:59"),
        ("2026-10-25 01:59:59", "23:59:59", "23:59:59"),
        ("2026-03-29 02:30:00", "00:30:00", "01:30:00"),  # the hour that does not exist
        ("2026-03-29 02:30", "00:30:00", "01:30:59"),
        ("2026-03-29 03:00:00", "01:00:00", "01:00:00"),
        ("2026-10-25", "22:00:00", "22:59:59"),  # a day of 25 hours
        ("2026-03-29", "23:00:00", "21:59:59"),  # and one of 23
    ],
)
def test_a_clock_face_that_a_change_of_the_clocks_makes_unsure_is_an_interval(put: Any, face: str, lo: str, hi: str) -> None:
    assert moments(read_log(put(HEAD + f"1,{face},A,x\n"), mapped(ZONED))) == [(lo, hi)]


def test_an_outcome_that_depends_on_such_an_hour_is_undeterminable(put: Any, duban: Any) -> None:
    """Four hours to answer, and the answer 3 h 45 min or 4 h 45 min after it."""
    rows = "1,2026-10-24 22:30:00,A,x\n1,2026-10-25 02:15:00,B,x\n"
    _, out, _ = duban("replay", "--log", str(put(HEAD + rows)), "--map", "MAP", "--json", log_map=ZONED)
    assert json.loads(out)["obligations"]["service-incident@1/respond"] == {"undeterminable": 1}


# ids


def test_a_wide_ledger_with_one_number_for_two_incidents_judges_neither_whatever_the_order_of_its_rows(put: Any) -> None:
    log_map = mapped(MAP.replace("case: c, time: t, activity: a, actor: w", "case: c") + "wide: {t: A, u: B}\n")
    rows = ["7,2026-03-02T09:00:00Z,2026-03-02T10:00:00Z\n", "8,2026-03-02T09:00:00Z,\n", "7,2026-05-02T09:00:00Z,\n"]
    for order, numbers in ((rows, "2, 4"), (rows[::-1], "2, 4")):
        found = read_log(put("c,t,u\n" + "".join(order)), log_map)
        assert [case for case, _ in found.cases] == ["8"] and found.read == 4
        assert [u.reason.en for u in found.unreadable] == [f"the id 7 stands in rows {numbers}"] * 3


def test_a_row_that_stands_twice_deviates_the_second_time(put: Any, duban: Any) -> None:
    _, out, _ = duban("replay", "--log", str(put(HEAD + GOOD + GOOD)), "--map", "MAP", "--json")
    assert json.loads(out)["deviations"]["duplicate"] == 3


# workbooks


def test_macros_are_let_alone_and_said_to_be_there(tmp_path: Path, duban: Any) -> None:
    path = with_parts(workbook(tmp_path, *SHEET), {"xl/vbaProject.bin": b"Shell calc.exe"}, "macros.xlsm")
    code, out, err = duban("replay", "--log", str(path), "--map", "MAP", "--lang", "en")
    assert code == 0 and "events 1 = applied 1" in out and "it has macros" not in out and "the workbook has macros" in err
    assert "macros" in duban("log", "inspect", str(path), "--map", "MAP", "--lang", "en")[1]


def test_links_to_other_files_are_not_followed_and_said_to_be_there(tmp_path: Path, duban: Any) -> None:
    part = b'<externalLink xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'
    path = with_parts(workbook(tmp_path, *SHEET), {"xl/externalLinks/externalLink1.xml": part})
    code, _, err = duban("replay", "--log", str(path), "--map", "MAP", "--lang", "en")
    assert code == 0 and "links to other files, which were not opened" in err


def test_the_saved_result_of_a_formula_is_said_to_be_one_and_so_is_it_of_a_converted_log(tmp_path: Path, duban: Any) -> None:
    path = workbook(tmp_path, *SHEET, ["2", "2026-03-02T09:00:00+08:00", '="A"', '=WEBSERVICE("http://x")'])
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    for formula, value in (('"A"', "A"), ('WEBSERVICE("http://x")', "y")):
        start = sheet.index(f"<f>{formula}</f>") + len(f"<f>{formula}</f>")
        sheet = sheet[:start] + f"<v>{value}</v>" + sheet[sheet.index("</c>", start) :]
    sheet = sheet.replace('<c r="C3"', '<c r="C3" t="str"').replace('<c r="D3"', '<c r="D3" t="str"')
    path = with_parts(path, {"xl/worksheets/sheet1.xml": sheet.encode()})
    report = tmp_path / "report.json"
    code, out, err = duban("replay", "--log", str(path), "--map", "MAP", "--lang", "en", "--report", str(report))
    assert code == 0 and "applied 2" in out and "2 cells are formulas: the results that were saved were read" in err
    assert json.loads(report.read_text(encoding="utf-8"))["provenance"]["notes"][0]["en"].startswith("2 cells are formulas")
    converted = tmp_path / "c.parquet"
    assert duban("log", "convert", str(path), str(converted), "--map", "MAP")[0] == 0
    assert "2 cells are formulas" in duban("replay", "--log", str(converted), "--map", "MAP", "--lang", "en")[2]


def test_an_archive_that_grows_without_end_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = with_parts(workbook(tmp_path, *SHEET), {"xl/media/image1.bin": bytes(30 * MB)})
    assert path.stat().st_size < MB
    monkeypatch.setattr(xlsxlog, "MAX_UNPACKED", 20 * MB)
    with pytest.raises(UnreadableLog, match="unpacked"):
        read_log(path, mapped())


def test_an_archive_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path, *SHEET, *(["1", "2026-03-02T09:00:00+08:00", "A", "x" * 30_000] for _ in range(50)))
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
        info = archive.getinfo("xl/worksheets/sheet1.xml")
    said = info.file_size.to_bytes(4, "little")
    at = data.rindex(said, data.rindex(b"PK\x01\x02", 0, data.rindex(b"xl/worksheets/sheet1.xml")))
    data[at : at + 4] = (100).to_bytes(4, "little")
    path.write_bytes(bytes(data))
    with pytest.raises(UnreadableLog):
        read_log(path, mapped())


def test_entities_in_any_part_of_a_workbook_are_refused(tmp_path: Path) -> None:
    path = with_parts(workbook(tmp_path, *SHEET), {"xl/sharedStrings.xml": (BOMB + "<sst/>").encode()})
    with pytest.raises(UnreadableLog, match="document type"):
        read_log(path, mapped())


# bytes that changed on the way


def made(kind: str, tmp_path: Path) -> tuple[bytes, LogMap]:
    text, objects = HEAD + GOOD * 3, read_map(OBJECTS_MAP, "m.yaml")
    if kind in FORMS:
        return FORMS[kind](tmp_path / "made", OCEL).read_bytes(), objects
    if kind == "xes":
        return XES.encode(), mapped(XES_MAP)
    if kind == "xlsx":
        return workbook(tmp_path, *SHEET, name="made.xlsx").read_bytes(), mapped()
    (tmp_path / "made.csv").write_text(text)
    if kind == "parquet":
        convert(tmp_path / "made.csv", mapped(), tmp_path / "made.parquet")
        return (tmp_path / "made.parquet").read_bytes(), mapped()
    return gzip.compress(text.encode(), mtime=0) if kind == "csv.gz" else text.encode(), mapped()


def spoiled(good: bytes, chance: random.Random) -> bytes:
    found, at = bytearray(good), chance.randrange(len(good))
    how = chance.choice(["change", "change", "cut", "lose", "add"])
    if how == "change":
        for _ in range(chance.randint(1, 4)):
            found[chance.randrange(len(found))] = chance.randrange(256)
    elif how == "cut":
        del found[at:]
    elif how == "lose":
        del found[at : at + chance.randint(1, 50)]
    else:
        found[at:at] = chance.randbytes(chance.randint(1, 20))
    return bytes(found)


def campaign(kind: str, tmp_path: Path, times: int) -> None:
    """Each spoiled file is refused or read with totals that add up; what has checksums is never read as something else."""
    good, log_map = made(kind, tmp_path)
    path = tmp_path / f"x.{kind}"
    path.write_bytes(good)
    whole = read_log(path, log_map)
    for seed in range(times):
        path.write_bytes(spoiled(good, random.Random(seed)))
        try:
            source = opened(path, log_map, [])
            found = read_log(path, log_map)
        except (UnreadableLog, NaiveTime):
            continue
        assert found.read == sum(len(events) for _, events in found.cases) + found.ignored + len(found.unreadable) == source.read, seed
        if kind in ("csv.gz", "xlsx", "parquet"):
            assert found == whole, seed


FORMS: dict[str, Callable[[Path, ocel.Log], Path]] = {"json": ocel.as_json, "xmlocel": ocel.as_xml, "sqlite": ocel.as_sqlite}
KINDS = ["csv", "csv.gz", "xes", "xlsx", "parquet", *FORMS]


@pytest.mark.parametrize("kind", KINDS)
def test_a_spoiled_file_is_refused_or_its_totals_add_up(kind: str, tmp_path: Path) -> None:
    campaign(kind, tmp_path, 40)


@pytest.mark.parametrize("cut", [0.1, 0.5, 0.95])
def test_a_log_in_parts_of_which_one_is_spoiled_gives_no_report(put: Any, duban: Any, tmp_path: Path, cut: float) -> None:
    path = put(HEAD + "".join(GOOD.replace("1,2026", f"{n},2026") for n in range(9)))
    whole, parts = str(tmp_path / "c.parquet"), tmp_path / "parts"
    assert duban("log", "convert", str(path), whole, "--map", "MAP")[0] == 0
    assert duban("log", "split", whole, str(parts), "--map", "MAP", "--parts", "3")[0] == 0
    assert duban("replay", "--log", str(parts), "--map", "MAP")[0] == 0
    spoiled_part = parts / "part-0001.parquet"
    spoiled_part.write_bytes(spoiled_part.read_bytes()[: int(cut * spoiled_part.stat().st_size)])
    code, out, err = duban("replay", "--log", str(parts), "--map", "MAP", "--json")
    assert (code, out, json.loads(err.splitlines()[-1])["error"]) == (2, "", "input.log")


def test_a_part_whose_statistics_are_not_those_of_its_rows_is_refused(put: Any, duban: Any, tmp_path: Path) -> None:
    """The end of the log, and so what is due, is taken from them."""
    whole, parts = str(tmp_path / "c.parquet"), tmp_path / "parts"
    assert duban("log", "convert", str(put(HEAD + GOOD)), whole, "--map", "MAP")[0] == 0
    assert duban("log", "split", whole, str(parts), "--map", "MAP", "--parts", "1")[0] == 0
    part = parts / "part-0000.parquet"
    said = (datetime(2026, 3, 2, 8, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    before, end = part.read_bytes(), said.to_bytes(8, "little")
    at = before.rindex(end)
    part.write_bytes(before[:at] + (said + 10**9).to_bytes(8, "little") + before[at + 8 :])
    assert pq.ParquetFile(part).metadata.row_group(0).column(1).statistics.max != datetime(2026, 3, 2, 8, tzinfo=UTC)
    code, out, err = duban("replay", "--log", str(parts), "--map", "MAP", "--lang", "en")
    assert (code, out) == (2, "") and "statistics of the file are not those of its rows" in err


@pytest.mark.parametrize("zone", ["", "zone: Asia/Shanghai\n"], ids=["by columns", "row by row"])
def test_parts_of_which_one_knows_no_activity_are_one_log_all_the_same(put: Any, duban: Any, tmp_path: Path, zone: str) -> None:
    log_map = MAP + zone
    good = GOOD.replace("+08:00", "") if zone else GOOD
    strange = good.replace(",A,", ",下单,").replace(",B,", ",发货,").replace(",C,", ",付款,")
    cases = {part: next(c for c in map(str, range(99)) if part_of(c, 3) == part) for part in range(3)}
    for known in (set(), {2}):
        rows = [(good if part in known else strange).replace("1,2026", f"{case},2026") for part, case in cases.items()]
        path, whole, parts = put(HEAD + "".join(rows)), tmp_path / f"c{len(known)}.parquet", tmp_path / f"parts{len(known)}"
        assert duban("log", "convert", str(path), str(whole), "--map", "MAP", log_map=log_map)[0] == 0
        assert duban("log", "split", str(whole), str(parts), "--map", "MAP", "--parts", "3", log_map=log_map)[0] == 0
        found = [duban("replay", "--log", str(p), "--map", "MAP", "--json", "-q", log_map=log_map) for p in (path, whole, parts)]
        assert [code for code, _, _ in found] == [0 if known else 2] * 3
        assert len({out and json.loads(out)["digest"] for _, out, _ in found}) == 1


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_very_many_spoiled_files(kind: str, tmp_path: Path) -> None:
    campaign(kind, tmp_path, 3000)


# nothing runs, nothing gets out


@pytest.mark.parametrize(
    "cell", ["=cmd|' /C calc'!A0", "@SUM(1)", "${jndi:ldap://x}", "{{7*7}}", "$(touch ran)", "`touch ran`", "%n", "../../ran"]
)
def test_what_could_be_run_is_text_everywhere(put: Any, duban: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cell: str) -> None:
    monkeypatch.chdir(tmp_path)
    path = put(HEAD + f"{cell},2026-03-02T09:00:00+08:00,A,{cell}\n")
    for words in commands(path):
        assert duban(*words)[0] == 0
    assert duban("replay", "--log", str(path), "--map", "MAP", "--report", "r.json", "--html", "r.html")[0] == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["log.csv", "m.yaml", "out.parquet", "r.html", "r.json"]
    assert not (tmp_path.parent / "ran").exists() and not (tmp_path.parent.parent / "ran").exists()


@pytest.mark.parametrize("name", ["../evil.txt", "/evil-duban.txt", "definitions/../../evil.txt", "C:\\evil.txt"])
def test_paths_in_an_archive_stay_inside(tmp_path: Path, duban: Any, name: str) -> None:
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "bundle.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("journal.jsonl", '{"type":"header"}\n')
        archive.writestr("manifest.json", json.dumps({"format": "duban-bundle-1", "files": {name: "sha256:0"}}) + "\n")
        archive.writestr(name, "evil")
    for words in (("replay", str(path)), ("audit", "verify", str(path))):
        code, _, err = duban(*words)
        assert code in (2, 6) and "Traceback" not in err
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["bundle.zip", "in", "m.yaml"] and not Path("/evil-duban.txt").exists()


# size


def test_a_line_that_is_too_long_is_one_unreadable_row_and_the_next_is_read(put: Any) -> None:
    found = read_log(put(HEAD + "9," + "x" * 3 * MB + "\n" + GOOD), mapped())
    assert [u.place.row for u in found.unreadable] == [2] and "longer than" in found.unreadable[0].reason.en
    assert found.read == 4 and len(found.cases[0][1]) == 3


SIZE = 1 << 30
_RUN = """\
import resource, sys
from adapters.commands.frame import main
code = main(sys.argv[1:])
print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["csv", "csv.gz", "xes", "xes.gz"])
def test_a_line_of_a_gigabyte_is_never_held(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"log.{kind}"
    head, tail = (HEAD + GOOD, "\n" + GOOD.replace("1,2026", "2,2026")) if "csv" in kind else (XES[:-6] + "<!-- ", " --></log>")
    if kind.endswith(".gz"):
        with gzip.open(path, "wb", compresslevel=1) as packed:
            packed.write(head.encode())
            for _ in range(SIZE // (1 << 20)):
                packed.write(b"x" * (1 << 20))
            packed.write(tail.encode())
    else:
        with path.open("wb") as file:
            file.write(head.encode() if kind == "csv" else head.encode() + b"x")
            file.seek(SIZE, io.SEEK_CUR)  # a hole: it takes no place on the disk
            file.write(tail.encode())
    (tmp_path / "m.yaml").write_text(MAP if "csv" in kind else XES_MAP, encoding="utf-8")
    words = ["replay", "--log", str(path), "--map", str(tmp_path / "m.yaml"), "--json", "--lang", "en"]
    done = subprocess.run([sys.executable, "-c", _RUN, *words], capture_output=True, text=True, check=False)
    peak = int(done.stderr.rpartition("peak ")[2])
    assert peak < 300, done.stderr
    if "csv" in kind:
        found = json.loads(done.stdout)["totals"]
        assert done.returncode == 1 and found["events"]["unreadable"] == 1 and found["cases"] == 2
    else:
        assert done.returncode == 2 and "input.log" in done.stderr
