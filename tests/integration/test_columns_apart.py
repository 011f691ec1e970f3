"""Cases that look alike by columns and are not: each once came out otherwise than row by row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.logsource import opened, read_rows
from tests.property.test_columns import MAP, START, definition, law, same
from workflow.rules import Rules

pa = pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
pq = pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")

Row = dict[str, Any]


def row(case: str, what: str, minutes: int, **more: Any) -> Row:
    return {"case": case, "what": what, "when": START + timedelta(minutes=minutes), "role": "", "who": "", "kind": "", "seq": 0} | more


def rules(alternatives: str = "[{is: 2 hours}]", more: str = "", medium: str = "any", starts: str = "case") -> Rules:
    found = definition("Asia/Shanghai", medium, starts, alternatives, more, ("", ""))
    return Rules(found.procedure, found.hash)


def test_a_term_is_counted_from_a_fact_that_makes_it_owed_too() -> None:
    rows: list[Row] = []
    for n, gap in enumerate((30, 3000, 30, 30 * 1440, 50)):
        rows += [row(f"c{n}", "start", 0), row(f"c{n}", "riot", 5000 + n, kind="甲"), row(f"c{n}", "done", 5000 + n + gap)]
    same(rows, law([rules(more="owed_when: {kind: a}")], MAP), 1)


def test_what_ended_a_duty_by_a_fact_is_called_by_its_own_name() -> None:
    rows: list[Row] = []
    for n, what in enumerate(("hold", "resume", "hold")):
        rows += [row(f"c{n}", "start", 0, kind="甲"), row(f"c{n}", what, 10, kind="乙"), row(f"c{n}", "done", 20)]
    same(rows, law([rules(more="owed_when: {kind: a}")], MAP), 1)


def test_an_activity_that_the_map_does_not_know_was_not_sent_by_telephone() -> None:
    rows: list[Row] = []
    for n, what in enumerate(("done", "办结", "done")):
        rows += [row(f"c{n}", "start", 0), row(f"c{n}", what, 10)]
    given = law([rules(more="receipt: 1 hour", medium="telephone")], MAP.replace("done: done", "办结: done"), START + timedelta(days=3))
    same(rows, given, 1)


@pytest.mark.parametrize("last", ["go", "done"])
def test_of_two_terms_the_one_that_decides_says_whether_its_end_is_in_time(last: str) -> None:
    rows: list[Row] = []
    for n, hour in enumerate((1, 11, 2, 12, 1)):
        runs_out = min(hour * 60 + 30 * 60, (15 + 24) * 60)
        rows += [row(f"c{n}", "start", hour * 60), row(f"c{n}", last, runs_out)]
    same(rows, law([rules("[{is: {earlier_of: [30 hours, 1 day]}}]")], MAP, START + timedelta(days=9)), 1)


def test_rare_characters_of_the_private_area_stay_as_they_are() -> None:
    words = ("start", "\ue000", "x\ue001", "\ue0000\ue000", "%s")
    same([row("c\ue000", what, n, who=f"李{what}") for n, what in enumerate(words)], law([rules()], MAP), 1)


def test_rows_without_a_sequence_number_come_first() -> None:
    rows = [row("c", what, 0, seq=n) for what, n in (("done", None), ("start", -1), ("go", None), ("cancel", -5))]
    same(rows, law([rules()], MAP), 1)


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"seq": 10**18}, MAP),
        ({"seq": -(10**18)}, MAP),
        ({"seq": 7}, MAP + 'missing: ["", "7"]\n'),
        ({"what": "go\x1f"}, MAP),
        ({"case": "c\x001"}, MAP),
        ({"who": "a\x1fb"}, MAP),
        ({"note": "a\x00b"}, MAP),
        ({"note": b"\x1f"}, MAP),
        ({"when": datetime(9999, 12, 31, tzinfo=UTC)}, MAP),
        ({"when": datetime(1, 1, 1, tzinfo=UTC)}, MAP),
    ],
    ids=["seq-big", "seq-small", "seq-missing", "activity", "case", "actor", "other", "binary", "late", "early"],
)
def test_what_a_column_cannot_judge_is_read_row_by_row(changed: Row, text: str, tmp_path: Path) -> None:
    path = written(tmp_path, [row("c1", "start", 0) | {"note": changed.get("note")}, row("c1", "go", 1) | {"note": None} | changed])
    given = law([rules()], text)
    found, wanted = opened(path, given.log_map, given.versions), read_rows(path, given.log_map)
    assert found[:5] == wanted[:5]
    assert shares(found) == shares(wanted)


def test_a_foreign_file_with_harmless_other_columns_is_read_by_columns(tmp_path: Path) -> None:
    rows = [
        row("c1", "start", 0) | {"note": "注\t\n", "cost": 1.5, "ok": None},
        row("c1", "go", 1) | {"note": None, "cost": None, "ok": True},
    ]
    given = law([rules()], MAP)
    assert len(opened(written(tmp_path, rows), given.log_map, given.versions).counts()) == 1


@pytest.mark.parametrize("kind", [pa.large_string(), pa.dictionary(pa.int8(), pa.string())], ids=str)
@pytest.mark.parametrize("time", [pa.timestamp("s", "UTC"), pa.timestamp("ms", "Asia/Shanghai"), pa.timestamp("us", "+08:00")], ids=str)
def test_whatever_form_a_foreign_file_gives_its_texts_and_instants_it_is_the_same_log(kind: Any, time: Any, tmp_path: Path) -> None:
    rows = [row("案1", "start", 0, kind="甲"), row("案1", "done", 30, who="李"), row("b", "start", 1), row("b", "riot", 2000, seq=None)]
    table = pq.read_table(written(tmp_path, rows))
    for place, name in enumerate(table.column_names):
        if name != "seq":
            table = table.set_column(place, name, table.column(name).cast(time if name == "when" else kind))
    pq.write_table(table, tmp_path / "other.parquet", row_group_size=3)
    given = law([rules()], MAP)
    one, other = (opened(tmp_path / name, given.log_map, given.versions) for name in ("log.parquet", "other.parquet"))
    assert len(other.counts()) == 1  # by columns
    under = given._replace(as_of=one.last())
    assert other.shares(1)[0].judged(under, None, None).report == one.shares(1)[0].judged(under, None, None).report


@pytest.mark.parametrize("column", ["who", "note", "what"])
def test_a_file_of_which_a_text_is_none_is_refused_by_columns_too(column: str, tmp_path: Path) -> None:
    from workflow.errors import UnreadableLog

    path = written(tmp_path, [row("c1", "start", 0) | {"note": "x"}])
    table = pq.read_table(path)
    place = table.column_names.index(column)
    broken = pa.array([b"\xff\xfe"]).cast(pa.string(), safe=False)
    pq.write_table(table.set_column(place, column, broken), path)
    given = law([rules()], MAP)
    with pytest.raises(UnreadableLog):
        opened(path, given.log_map, given.versions)


def written(folder: Path, rows: Sequence[Row]) -> Path:
    kinds = {"when": pa.timestamp("us", "UTC"), "seq": pa.int64(), "cost": pa.float64(), "ok": pa.bool_()}
    note = pa.binary() if any(isinstance(r.get("note"), bytes) for r in rows) else pa.string()
    schema = pa.schema([(name, note if name == "note" else kinds.get(name, pa.string())) for name in rows[0]])
    pq.write_table(pa.Table.from_pylist(list(rows), schema), folder / "log.parquet")
    return folder / "log.parquet"


def shares(source: Any) -> Any:
    return source.shares(1), source.last()


@pytest.mark.parametrize("called", ["received:2", "recalendared:", "migrated:", "ended:", "withdrawn:"])
def test_an_activity_that_is_called_like_another_kind_of_entry_is_an_unknown_one(called: str, tmp_path: Path) -> None:
    given = law([rules(more="receipt: 1 hour, discharged_by: withdrawn", medium="written")], MAP)
    found: list[Any] = []
    for n, name in enumerate(("riot", called)):
        rows = [row("c", "start", 0), row("c", "done", 5), row("c", name, 9), row("c", "go", 999)]
        same(rows, given, 1)
        (tmp_path / str(n)).mkdir()
        source = read_rows(written(tmp_path / str(n), rows), given.log_map)
        report = source.shares(1)[0].judged(given._replace(as_of=source.last()), None, None).report
        found.append((report.outcomes, report.deviations))
    assert found[0] == found[1]
