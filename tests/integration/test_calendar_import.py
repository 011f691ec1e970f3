"""``duban calendar``: a notice comes into the store, and what is counted afterwards counts in it (S8.2)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import adapters.host as host
from adapters.calendars import shipped
from adapters.commands.frame import main
from adapters.daemon.composer import Composer, templates
from adapters.daemon.pulse import Pulse
from adapters.daemon.watch import Settings, Watch
from adapters.host import FixedClock, SystemEntropy, SystemStopwatch
from adapters.library import shipped_definitions
from adapters.organisations import shipped_organisation
from adapters.store.memory import MemoryStore
from adapters.store.sql import SqlStore
from tests.play import at
from workflow import command as c
from workflow.act import FLAGGED
from workflow.dispatch import Route, Routing
from workflow.engine import Engine
from workflow.errors import ConfigError
from workflow.organisation import Actor
from workflow.procedure.load import Definition, load

CLOCK = FixedClock(at("2026-12-18 09:00"))


def notice(revision: int = 1, last: str = "2027-01-04", **more: Any) -> dict[str, Any]:
    """A notice of 2027, made up: New Year off up to ``last``."""
    made: dict[str, Any] = {"calendar": "cn", "year": 2027, "revision": revision, "issued": "2026-12-20", "ground": f"notice {revision}"}
    return made | {"sources": [], "off": [["2027-01-01", last, "元旦"]], "work": [["2027-02-14", "春节"]]} | more


BANNER: dict[str, Any] = {"overlay": "cn", "id": "banner", "zh": "某旗", "en": "a banner", "off": [["2026-12-21", "2026-12-21", "旗庆"]]}
LOCAL = """
procedure: local
version: "1"
zh: 地方
en: local
calendar: cn+banner
roles: {desk: {zh: 值班, en: desk, level: village}}
initial: open
states: {open: {zh: 在办, en: open}}
events:
  begin: {zh: 开始, en: begin, opens: true, by: desk, basis: unit}
  answer: {zh: 答复, en: answer, by: desk, basis: unit}
obligations:
  answer: {zh: 答复, en: answer, owed: {by: desk}, starts: {on: case}, term: [{is: 10 working days}], met_by: answer, basis: unit}
  later: {zh: 再答复, en: answer again, owed: {by: desk}, starts: {on: answer}, term: [{is: 5 working days}], met_by: answer, basis: unit}
"""

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def duban(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """The command line in an empty folder at 09:00 on 18 December 2026; documents among the words become files."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(host, "clock", lambda: CLOCK)
    monkeypatch.setenv("DUBAN_LANG", "en")
    monkeypatch.delenv("DUBAN_DB", raising=False)
    CLOCK.set(at("2026-12-18 09:00"))
    files = 0

    def run(*words: Any) -> tuple[int, str, str]:
        nonlocal files
        said = []
        for word in words:
            if not isinstance(word, str):
                files += 1
                Path(f"{files}.json").write_text(json.dumps(word), encoding="utf-8")
                word = f"{files}.json"
            said.append(word)
        code = main(said)
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    yield run


def as_json(run: Run, *words: Any) -> dict[str, Any]:
    code, out, err = run(*words, "--json")
    assert code == 0, err
    found: dict[str, Any] = json.loads(out)
    return found


def dispute(run: Run, case: str = "D1") -> None:
    """A medical dispute whose answer is due in ten working days: 2027-01-04, provisional."""
    for words in (
        ("open", "medical-dispute", "投诉", "外科", "家属", "--as", "staff", "--id", case, "-q"),
        ("fire", case, "accept", "--as", "relations", "-f", "handling=cross_department", "-q"),
    ):
        code, _, err = run(*words)
        assert code == 0, err


def answer_due(case: str = "D1") -> tuple[str, bool]:
    with Engine.open("sqlite:///duban.db", create=False) as engine:
        row = next(r for r in engine.ledger(case) if r.duty.id == "feedback")
        assert row.due is not None
        return str(row.due.last_day), row.due.provisional


def acts(case: str = "D1") -> int:
    with Engine.open("sqlite:///duban.db", create=False) as engine:
        return engine.case(case).case.n


# import


def test_s8_2_the_dates_that_move_are_printed_old_and_new(duban: Run) -> None:
    dispute(duban)
    code, out, err = duban("calendar", "import", notice())
    assert (code, err) == (0, "1 date(s) moved\n")
    assert out.rstrip().endswith("2027-01-04 (Mon) 24:00 (provisional) → 2027-01-05 (Tue) 24:00")
    assert answer_due() == ("2027-01-05", False)


def test_s8_2_a_dry_run_shows_the_same_and_writes_nothing(duban: Run) -> None:
    dispute(duban)
    before = acts()
    rehearsed = as_json(duban, "calendar", "import", notice(), "--dry-run")
    assert (acts(), answer_due()) == (before, ("2027-01-04", True))
    done = as_json(duban, "calendar", "import", notice())
    assert {**rehearsed, "dry_run": False} == done
    assert done["moved"] == [
        {"case": "D1", "row": "feedback/complainant#1", "old": "2027-01-05T00:00:00+08:00", "new": "2027-01-06T00:00:00+08:00"}
    ]
    assert (done["id"], done["years"], done["confirmed"]) == ("cn", [2027], [])


def test_a_dry_run_without_a_store_makes_none(duban: Run, tmp_path: Path) -> None:
    assert duban("calendar", "import", notice(), "--dry-run")[0] == 0
    assert [p.name for p in tmp_path.iterdir()] == ["1.json"]


def test_s8_2_the_import_is_journaled_with_its_ground(duban: Run) -> None:
    dispute(duban)
    CLOCK.set(at("2026-12-21 09:00"))
    duban("calendar", "import", notice())
    CLOCK.set(at("2026-12-29 09:00"))
    duban("calendar", "import", notice(2, "2027-01-05"), "--ground", "第二次通知")
    with Engine.open("sqlite:///duban.db", create=False) as engine:
        found = engine.case("D1").case.kind("recalendared")
        assert [engine.private("D1", a.n)["ground"] for a in found] == ["notice 1", "第二次通知"]
        assert found[-1].data["calendar"] == engine.calendar.digest
        row = next(r for r in engine.ledger("D1") if r.duty.id == "feedback")
        assert [str(v.due.last_day) for v in row.revisions if v.due] == ["2027-01-04", "2027-01-05", "2027-01-06"]


def test_the_same_notice_again_changes_nothing(duban: Run) -> None:
    dispute(duban)
    duban("calendar", "import", notice())
    before = acts()
    again = as_json(duban, "calendar", "import", notice())
    assert (again["moved"], again["confirmed"], acts()) == ([], [], before)


def test_a_date_that_stays_where_it_was_becomes_firm(duban: Run) -> None:
    dispute(duban)
    done = as_json(duban, "calendar", "import", notice(last="2027-01-03"))
    assert (done["moved"], [m["case"] for m in done["confirmed"]]) == ([], ["D1"])
    assert answer_due() == ("2027-01-04", False)


def test_another_notice_under_the_same_number_is_refused_and_the_next_number_is_taken(duban: Run) -> None:
    dispute(duban)
    duban("calendar", "import", notice())
    before = acts()
    code, out, err = duban("calendar", "import", notice(last="2027-01-05"))
    assert (code, out, acts()) == (5, "", before)
    assert "revision 1 of 2027 is there with other days [conflict.exists]" in err and "next revision number" in err
    assert duban("calendar", "import", notice(last="2027-01-05"), "--revision", "2")[0] == 0
    assert answer_due() == ("2027-01-06", False)


def test_s8_2_what_begins_after_the_import_counts_in_it(duban: Run) -> None:
    dispute(duban)
    duban("calendar", "import", notice())
    dispute(duban, "D2")
    assert answer_due("D2") == ("2027-01-05", False)


def test_a_file_of_several_notices_is_one_import(duban: Run) -> None:
    done = as_json(duban, "calendar", "import", [notice(), notice(2, "2027-01-05")])
    assert done["years"] == [2027]
    assert as_json(duban, "calendar", "due", "2026-12-18", "10 working days")["due_date"] == "2027-01-06"
    assert as_json(duban, "calendar", "due", "2026-12-18", "10 working days", "--revision", "1")["due_date"] == "2027-01-05"


WRONG = {
    "an empty year": ({"year": 2027, "papers": [], "days": []}, "the notice is not published yet"),
    "no day off": (notice(off=[]), "no day off"),
    "a number": (5, "not a calendar document"),
    "nothing": ([], "a file is one notice or several, or one overlay"),
    "two kinds": ([notice(), BANNER], "a file is one notice or several, or one overlay"),
    "another calendar": (notice(calendar="hk"), "for the calendar 'hk'"),
    "something else": ({"name": "x"}, "not holiday-cn data"),
    "a broken second one": ([notice(), notice(2, off="x")], "not a calendar document"),
    "an issue date that is none": (notice(issued="soon"), "not a calendar document: Invalid isoformat string: 'soon'"),
    "an overlay without a day": ({**BANNER, "off": []}, "not an overlay"),
}


@pytest.mark.parametrize(("document", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_file_is_refused_and_nothing_is_written(document: Any, message: str, duban: Run) -> None:
    dispute(duban)
    before = acts()
    code, out, err = duban("calendar", "import", document)
    assert (code, out, acts()) == (2, "", before)
    assert err.startswith("1.json: ") and message in err and "[input.bad]" in err
    assert answer_due() == ("2027-01-04", True)


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"PK\x03\x04"], ids=["cut", "not UTF-8", "a zip"])
def test_a_file_that_is_no_json_is_refused(content: bytes, duban: Run) -> None:
    Path("x.json").write_bytes(content)
    assert duban("calendar", "import", "x.json")[0] == 2
    assert duban("calendar", "import", "gone.json")[0] == 2


# which calendar is used


def test_due_and_show_count_in_the_calendar_of_the_store_and_say_so(duban: Run) -> None:
    words = ("calendar", "due", "2026-12-18", "10 working days")
    before = as_json(duban, *words)
    assert (before["due_date"], before["provisional"], before["calendar"]["source"]) == ("2027-01-04", True, "shipped")
    assert duban("calendar", "show", "2027")[0] == 7
    duban("calendar", "import", notice())
    after = as_json(duban, *words)
    assert (after["due_date"], after["provisional"], after["revision"]) == ("2027-01-05", False, 1)
    assert (after["calendar"]["id"], after["calendar"]["source"], after["calendar"]["store"]) == ("cn", "store", "duban.db")
    assert after["calendar"]["digest"] != before["calendar"]["digest"]
    code, out, _ = duban("calendar", "show", "2027")
    assert code == 0 and "New Year" in out and out.endswith("in use in duban.db\n")
    assert duban(*words)[1].endswith("  source   in use in duban.db\n")
    Path("in.csv").write_text("start,term\n2026-12-18,10 working days\n", encoding="utf-8")
    code, out, err = duban("calendar", "due", "--batch", "in.csv", "--json")
    assert (code, json.loads(out)["due_date"], err) == (0, "2027-01-05", "calendar: in use in duban.db\n")


def test_another_store_or_none_counts_in_the_shipped_calendar_and_no_file_is_made(duban: Run, tmp_path: Path) -> None:
    duban("calendar", "import", notice())
    files = {p.name for p in tmp_path.iterdir()}
    found = as_json(duban, "calendar", "due", "2026-12-18", "10 working days", "--db", "other.db")
    assert (found["provisional"], found["calendar"]["store"]) == (True, None)
    assert duban("doctor", "--db", "other.db")[0] in (0, 1)
    assert {p.name for p in tmp_path.iterdir()} == files


def test_a_file_that_is_no_store_is_an_error_and_never_passed_over(duban: Run) -> None:
    Path("duban.db").write_bytes(b"this is no database" * 100)
    code, out, err = duban("calendar", "due", "2026-12-18", "10 working days")
    assert (code, out) == (69, "") and "store.foreign" in err


def test_doctor_tells_how_far_the_calendar_in_use_is_published(duban: Run) -> None:
    def last() -> str:
        _, out, _ = duban("doctor", "--json")
        return next(str(check["value"]) for check in json.loads(out) if check["check"] == "days of published calendar left")

    assert "(2026-12-31)" in last() and last().endswith("the shipped calendar")
    duban("calendar", "import", notice(year=2028, off=[["2028-01-01", "2028-01-01", "元旦"]], work=[]))
    assert "(2026-12-31)" in last()  # 2028 does not help while 2027 is unknown
    duban("calendar", "import", notice())
    assert "(2028-12-31)" in last() and last().endswith("in use in duban.db")


# the batch


@pytest.mark.parametrize(
    ("lines", "place", "message"),
    [
        (["term,start"], "", "the first line must be start,term"),
        ([], "", "the first line must be start,term"),
        (["start,term", "2026-09-24"], ":2", "a line has start and term"),
        (["start,term", "2026-09-24,5 days, roll"], ":2", "put a term with a comma into quotes"),
        (["start,term", "2026-09-24,5 days", "", "2026-09-24,soonish"], ":4", "cannot read the term"),
        (["start,term", "yesterday,5 days"], ":2", "cannot read the time"),
        (["start,term", "2026-09-24,promptly"], ":2", "has no number"),
        (["start,term", '"2026-09-24\n",5 days', "x,5 days"], ":4", "cannot read the time"),
    ],
)
def test_a_bad_line_is_refused_with_its_place_and_nothing_is_printed(lines: list[str], place: str, message: str, duban: Run) -> None:
    Path("in.csv").write_text("\n".join(lines), encoding="utf-8")
    code, out, err = duban("calendar", "due", "--batch", "in.csv", "--json")
    assert (code, out) == (2, "")
    told = json.loads(err)
    assert told["where"] == f"in.csv{place}" and message in f"{told['message']} {told['hint']}"


def test_a_line_beyond_the_calendar_is_a_gap_with_its_place(duban: Run) -> None:
    Path("in.csv").write_text("start,term\n2026-09-24,99999 working days\n", encoding="utf-8")
    code, out, err = duban("calendar", "due", "--batch", "in.csv")
    assert (code, out) == (8, "") and err.startswith("in.csv:2: ")


def test_a_quoted_term_a_byte_order_mark_and_more_columns_are_read(duban: Run) -> None:
    Path("in.csv").write_text('start,term,note\r\n2026-02-13,"5 days, roll",x\r\n2026-02-13,5 days,\r\n', encoding="utf-8-sig")
    code, out, _ = duban("calendar", "due", "--batch", "in.csv", "--json")
    assert code == 0
    assert [json.loads(line)["due_date"] for line in out.splitlines()] == ["2026-02-24", "2026-02-18"]


@pytest.mark.parametrize(
    "content", [b"start,term\n\xff\xfe\n", b'start,term\n"' + b"x" * 200_000 + b'",5 days\n'], ids=["not UTF-8", "huge"]
)
def test_a_batch_that_cannot_be_read_is_refused(content: bytes, duban: Run) -> None:
    Path("in.csv").write_bytes(content)
    code, out, _ = duban("calendar", "due", "--batch", "in.csv")
    assert (code, out) == (2, "")
    assert duban("calendar", "due", "--batch", "gone.csv")[0] == 2


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("2026-09-24",),
        ("2026-09-24", "5 days", "--batch", "in.csv"),
        ("2026-09-24", "promptly"),
        ("2026-09-24", "5 days", "--tz", "Mars/Base"),
        ("2026-09-24", "5 working days", "--revision", "-1"),
        ("2026-09-24", "5 days", "--overlay", "gone.json"),
    ],
)
def test_what_due_cannot_compute_is_refused(words: tuple[str, ...], duban: Run) -> None:
    code, out, err = duban("calendar", "due", *words)
    assert (code, out) == (2, "") and err


def test_a_calendar_that_is_nowhere_is_not_found(duban: Run) -> None:
    assert duban("calendar", "due", "2026-09-24", "5 days", "-c", "xx")[0] == 7
    duban("calendar", "import", BANNER)
    code, _, err = duban("calendar", "due", "2026-09-24", "5 days", "-c", "cn+xx")
    assert code == 7 and "cn、cn+banner" in err


# local days


def test_an_overlay_file_lies_on_top_for_one_question(duban: Run, tmp_path: Path) -> None:
    found = as_json(duban, "calendar", "due", "2026-12-18", "1 working day", "--overlay", BANNER)
    assert (found["due_date"], found["calendar"]["id"], found["calendar"]["source"]) == ("2026-12-22", "cn+banner", "shipped")
    assert as_json(duban, "calendar", "due", "2026-12-18", "1 working day")["due_date"] == "2026-12-21"
    shown = as_json(duban, "calendar", "show", "2026", "--overlay", BANNER)
    assert shown["overlays"] == [{"id": "banner", "off": [["2026-12-21", "2026-12-21", "旗庆"]], "work": []}]
    assert duban("calendar", "due", "2026-12-18", "1 day", "--overlay", [BANNER])[0] == 2
    assert not (tmp_path / "duban.db").exists()


@pytest.fixture
def local() -> Definition:
    return load(LOCAL.encode(), "local.yaml")


def engine_on(store: Any, *definitions: Definition) -> Engine:
    engine = Engine(store, FixedClock(at("2026-12-18 09:00")), SystemEntropy(), shipped("cn"), "test")
    for definition in definitions:
        engine.add(definition)
    return engine


def opened(engine: Engine, case: str, procedure: str = "local") -> None:
    engine.open_case(procedure, c.Open(said=c.Said(actor=Actor("desk")), what="事", where="地", told_by="人"), case=case)


def due_of(engine: Engine, case: str, duty: str = "answer") -> tuple[str, bool]:
    row = next(r for r in engine.ledger(case) if r.duty.id == duty)
    assert row.due is not None
    return str(row.due.last_day), row.due.provisional


def by_hand(engine: Engine, calendar: Any) -> list[tuple[str, Any, Any]]:
    return engine.import_calendar(calendar, c.Said(actor=Actor("engine")), "test")


def test_a_procedure_whose_calendar_is_not_in_the_store_opens_no_case(local: Definition) -> None:
    engine = engine_on(MemoryStore(), local)
    with pytest.raises(ConfigError, match=r"has no calendar 'cn\+banner'"):
        opened(engine, "L")
    assert engine.cases() == []


def test_a_procedure_counts_in_the_local_calendar_that_it_names(local: Definition) -> None:
    engine = engine_on(MemoryStore(), local)
    assert by_hand(engine, engine.calendar.with_overlay(BANNER)) == []
    opened(engine, "L")
    assert due_of(engine, "L") == ("2027-01-05", True)  # one day more than the national 01-04
    assert engine.calendar.id == "cn"


def test_s8_2_a_national_notice_goes_under_the_local_days_too(local: Definition) -> None:
    engine = engine_on(MemoryStore(), local)
    by_hand(engine, engine.calendar.with_overlay(BANNER))
    opened(engine, "L")
    moved = by_hand(engine, engine.calendar.with_notice(notice()))
    assert [case for case, _, _ in moved] == ["L"]
    assert due_of(engine, "L") == ("2027-01-06", False)
    engine.do("L", c.Do(said=c.Said(actor=Actor("desk")), event="answer"))
    assert due_of(engine, "L", "later") == ("2026-12-28", False)  # 12-21 is the banner's


def test_s8_2_local_days_that_change_move_the_cases_that_count_in_them_and_no_other(local: Definition) -> None:
    national = LOCAL.replace("cn+banner", "cn").replace("local", "land").replace("地方", "全国")
    engine = engine_on(MemoryStore(), local, load(national.encode(), "land.yaml"))
    first = engine.calendar.with_overlay(BANNER)
    by_hand(engine, first)
    opened(engine, "L")
    opened(engine, "N", "land")
    second = engine.calendar.with_overlay({**BANNER, "off": [["2026-12-21", "2026-12-22", "旗庆"]]})
    assert [case for case, _, _ in by_hand(engine, second)] == ["L"]
    assert (due_of(engine, "L")[0], due_of(engine, "N")[0]) == ("2027-01-06", "2027-01-04")
    assert engine.case("N").case.kind("recalendared") == ()
    by_hand(engine, first)  # and back: an announcement like any other
    assert due_of(engine, "L")[0] == "2027-01-05"
    again = engine_on(engine.store)
    assert again.calendars[again.sources.in_use["cn+banner"]] == first


def test_s8_2_an_engine_that_runs_sees_what_another_process_imports(local: Definition, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'duban.db'}"
    with engine_on(SqlStore.open(url), local) as daemon, engine_on(SqlStore.open(url, create=False)) as other:
        by_hand(other, other.calendar.with_overlay(BANNER))
        opened(daemon, "L")
        assert due_of(daemon, "L") == ("2027-01-05", True)
        by_hand(other, other.calendar.with_notice(notice()))
        assert due_of(daemon, "L") == ("2027-01-06", False)
        daemon.tick()
        daemon.do("L", c.Do(said=c.Said(actor=Actor("desk")), event="answer"))
        assert [a.data["calendar"] for a in daemon.case("L").case.kind("recalendared")] == [other.sources.in_use["cn+banner"]]
        opened(daemon, "M")
        assert due_of(other, "M") == ("2027-01-06", False)


def test_the_calendars_of_a_store_are_the_same_for_whoever_opens_it(local: Definition) -> None:
    first = engine_on(MemoryStore(), local)
    by_hand(first, first.calendar.with_notice(notice()))
    by_hand(first, first.calendar.with_overlay(BANNER))
    by_hand(first, first.calendar.with_notice(notice(2, "2027-01-05")))
    second = engine_on(first.store)
    assert dict(second.sources.in_use) == dict(first.sources.in_use)
    assert {i: d for i, d in second.sources.in_use.items() if second.calendars[d].revision(2027) == 2}.keys() == {"cn", "cn+banner"}
    release = shipped("cn").with_notice(notice(year=2028, off=[["2028-01-01", "2028-01-01", "元旦"]], work=[]))
    newer = Engine(first.store, first.clock, SystemEntropy(), release, "test")
    assert all(newer.calendars[d].revision(2028) == 1 for d in newer.sources.in_use.values())


def test_every_shipped_procedure_counts_in_the_shipped_calendar() -> None:
    assert {d.procedure.calendar for d in shipped_definitions()} == {"cn"}


def test_a_log_is_replayed_in_the_calendar_of_its_procedure(duban: Run) -> None:
    Path("log.csv").write_text("case,time,what\nA,2026-12-18 09:00,begin\n", encoding="utf-8")
    columns = "columns: {case: case, time: time, activity: what}\nzone: Asia/Shanghai\nrole: desk\n"
    columns += "formats: '%Y-%m-%d %H:%M'\nactivities: {begin: begin}\n"
    Path("map.yaml").write_text(f"procedure: local\n{columns}", encoding="utf-8")
    words = ("replay", "--log", "log.csv", "--map", "map.yaml", "--definition", "local.yaml")
    Path("local.yaml").write_text(LOCAL, encoding="utf-8")
    code, out, err = duban(*words)
    assert (code, out) == (7, "") and "there is no calendar 'cn+banner'" in err
    Path("local.yaml").write_text(LOCAL.replace("cn+banner", "cn"), encoding="utf-8")
    code, out, err = duban(*words)
    assert code == 0, (out, err)


# with a daemon that watches


def test_s8_2_dates_that_another_process_moved_are_told_old_and_new_by_the_daemon(duban: Run) -> None:
    def tick() -> None:
        watch.tick()
        assert watch.pulse.state.error == ""

    with Engine.open("sqlite:///duban.db") as engine:
        engine.organise(shipped_organisation("hospital"))
        engine.routing = Routing((Route("sms", "phone"), Route("board")))
        watch = Watch(engine, Settings("watch", True), Pulse(), SystemStopwatch())
        dispute(duban)
        tick()
        CLOCK.set(CLOCK.now() + timedelta(hours=5))
        tick()
        assert duban("calendar", "import", notice())[0] == 0
        assert (wakes := engine.next_waking()) is not None and wakes <= CLOCK.now(), "the daemon is woken by what another process wrote"
        tick()
        with engine.store.read() as view:
            messages = [m for m in view.messages() if m.tier == "moved"]
        (flag,) = [a for a in engine.case("D1").case.acts if a.kind == FLAGGED and a.data["flag"] == "moved"]
        assert (flag.name, flag.data["old"], flag.data["new"]) == (
            "feedback/complainant#1",
            "2027-01-04T16:00:00.000000Z",
            "2027-01-05T16:00:00.000000Z",
        )
        assert {m.n for m in messages} == {flag.n} and {m.channel for m in messages} == {"sms", "board"}
        told = {m.recipient for m in messages if m.channel == "sms"}
        assert told == {one["person"] for one in flag.data["to"]} != set()  # type: ignore[union-attr,index]
        assert "期限变动:2027-01-04(周一)24:00 → 2027-01-05(周二)24:00" in Composer(engine, templates(), "zh").compose(messages[:1])[1]
        assert "Date moved: 2027-01-04 (Mon) 24:00 → 2027-01-05 (Tue) 24:00" in Composer(engine, templates(), "en").compose(messages[:1])[1]
        tick()
        with engine.store.read() as view:
            assert len([m for m in view.messages() if m.tier == "moved"]) == len(messages), "once"
        watch.end()
