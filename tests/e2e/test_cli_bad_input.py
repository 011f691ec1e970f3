"""Bad input, and what it gets: a typed error on standard error with a stable code and exit code, and nothing half-written."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import Cli

ROOT = Path(__file__).parents[2]
EXTEND = ("extend", "D", "feedback", "ask", "--by", "3 working days", "-r", "r", "--as", "relations")

REFUSED: list[tuple[str, tuple[str, ...], str, int]] = [
    ("an unknown event", ("fire", "D", "nonsense", "--as", "staff"), "not_found.name", 7),
    ("an unknown event recorded", ("record", "D", "nonsense", "--as", "staff"), "not_found.name", 7),
    ("an unknown fact", ("revise", "D", "nonsense=1", "-r", "r", "--as", "director"), "not_found.name", 7),
    ("an unknown element", ("fire", "D", "seal", "--as", "medical", "-e", "nonsense=1"), "not_found.name", 7),
    ("an unknown decision", ("decide", "D", "nonsense", "yes", "-r", "r", "--as", "director"), "not_found.name", 7),
    ("an unknown duty", ("waive", "D", "nonsense", "--ground", "r", "--as", "director"), "not_found.name", 7),
    ("an unknown entry", ("receipt", "D", "99", "--by", "head", "--as", "head"), "not_found.name", 7),
    ("an unknown role", ("note", "D", "x", "--as", "nonsense"), "not_found.name", 7),
    ("an unknown person", ("note", "D", "x", "--person", "nobody"), "input.actor", 2),
    ("nobody", ("note", "D", "x"), "input.actor", 2),
    ("an unknown case", ("note", "X", "x", "--as", "staff"), "not_found.case", 7),
    ("an unknown case shown", ("show", "X"), "not_found.case", 7),
    ("an unknown case due", ("due", "--case", "X"), "not_found.case", 7),
    ("an unknown lead", ("same-as", "D", "X", "-r", "r", "--as", "staff"), "not_found.case", 7),
    ("an unknown procedure", ("open", "nonsense", "a", "b", "c", "--as", "staff"), "not_found.procedure", 7),
    ("an unknown version", ("open", "medical-dispute@1900-1", "a", "b", "c", "--as", "staff"), "not_found.procedure", 7),
    ("an id that is taken", ("open", "medical-dispute", "a", "b", "c", "--as", "staff", "--id", "D"), "conflict.exists", 5),
    ("a stale version", ("note", "D", "x", "--as", "staff", "--expected", "1"), "conflict.version", 5),
    ("wrong type", ("revise", "D", "deaths=many", "-r", "r", "--as", "director"), "input.type", 2),
    ("wrong choice", ("revise", "D", "handling=nonsense", "-r", "r", "--as", "director"), "input.type", 2),
    ("no value", ("revise", "D", "deaths", "-r", "r", "--as", "director"), "input.bad", 2),
    ("a time in the future", ("record", "D", "explain", "--as", "relations", "--at", "2026-09-25 09:00"), "input.future", 2),
    ("submitted in the future", ("record", "D", "explain", "--as", "relations", "--submitted", "2027-01-01"), "input.future", 2),
    ("no time", ("record", "D", "explain", "--as", "relations", "--at", "soon"), "input.instant", 2),
    ("no date there is", ("record", "D", "explain", "--as", "relations", "--at", "2026-02-30"), "input.instant", 2),
    ("a grade that a system gives", ("fire", "D", "explain", "--as", "head", "--grade", "system"), "input.bad", 2),
    ("a counterpart nobody names", ("fire", "D", "explain", "--as", "head", "--grade", "counterpart"), "input.bad", 2),
    ("an unknown grade", ("note", "D", "x", "--as", "staff", "--source", "s", "--grade", "sure"), "input.bad", 2),
    ("no reason", ("revise", "D", "deaths=1", "-r", " ", "--as", "director"), "input.bad", 2),
    ("no reason for a decision", ("decide", "D", "report_up", "no", "-r", "", "--as", "director"), "input.bad", 2),
    ("no ground", ("waive", "D", "feedback", "--ground", "", "--as", "director"), "input.bad", 2),
    ("no reason for an extension", (*EXTEND[:7], " ", *EXTEND[8:]), "input.bad", 2),
    ("no reason for a correction", ("correct", "D", "1", "-f", "deaths=1", "-r", "", "--as", "director"), "input.bad", 2),
    ("nothing corrected", ("correct", "D", "1", "-r", "r", "--as", "director"), "input.bad", 2),
    ("an empty note", ("note", "D", " ", "--as", "staff"), "input.bad", 2),
    ("an empty withdrawal", ("withdraw", "D", "-r", "", "--as", "complainant"), "input.bad", 2),
    ("nothing said at the opening", ("open", "medical-dispute", "", "b", "c", "--as", "staff"), "input.bad", 2),
    ("neither yes nor no", ("decide", "D", "report_up", "perhaps", "-r", "r", "--as", "director"), "input.bad", 2),
    ("no term", ("extend", "D", "feedback", "ask", "--by", "a while", "-r", "r", "--as", "relations"), "input.term", 2),
    ("no length", ("due", "--within", "5 working days"), "input.bad", 2),
    ("an unknown command", ("nonsense",), "input.bad", 2),
    ("an unknown option", ("due", "--nonsense"), "input.bad", 2),
    ("a missing argument", ("note", "D"), "input.bad", 2),
]

REQUESTS: list[tuple[str, tuple[str, ...], str]] = [
    ("wrong role", ("fire", "D", "close", "--as", "staff"), "refused.role"),
    ("wrong role to decide", ("decide", "D", "report_up", "yes", "-r", "r", "--as", "staff"), "refused.role"),
    ("wrong role to waive", ("waive", "D", "feedback", "--ground", "r", "--as", "relations"), "refused.role"),
    ("wrong state", ("fire", "D", "close", "--as", "director"), "refused.state"),
    ("not ended", ("reopen", "D", "-r", "r", "--as", "director"), "refused.state"),
    ("nobody asked", ("extend", "D", "feedback", "grant", "-r", "r", "--as", "director"), "refused.not_allowed"),
    ("more than the cap", ("extend", "D", "feedback", "ask", "--by", "90 days", "-r", "r", "--as", "relations"), "refused.not_allowed"),
    ("the same person twice", ("void", "D", "-r", "r", "--person", "h02", "--second", "relations:h02"), "refused.not_allowed"),
]


@pytest.mark.parametrize(("words", "code", "exit_code"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_it_is_refused_with_its_code_and_not_a_byte_is_written(words: tuple[str, ...], code: str, exit_code: int, dispute: Cli) -> None:
    before = dispute.bytes()
    for lang in ("zh", "en"):
        said = dispute(*words, lang=lang, code=exit_code)
        assert said.out == ""
        assert f"[{code}]" in said.err
        assert any("\u4e00" <= c <= "\u9fff" for c in said.err) is (lang == "zh")
    found = dispute(*words, "--json", code=exit_code)
    assert found.out == ""
    assert (found.error["error"], found.error["exit"]) == (code, exit_code)
    assert dispute.bytes() == before


@pytest.mark.parametrize(("words", "code"), [r[1:] for r in REQUESTS], ids=[r[0] for r in REQUESTS])
def test_a_request_that_is_refused_is_journaled_as_a_refusal_and_changes_nothing(words: tuple[str, ...], code: str, dispute: Cli) -> None:
    """S5.1"""
    before = dispute("show", "D", "--json").json
    assert dispute(*words, "--json", code=4).error["error"] == code
    after = dispute("show", "D", "--json").json
    assert [a["kind"] for a in after["acts"][len(before["acts"]) :]] == ["refused"]
    assert (after["state"], after["rows"]) == (before["state"], before["rows"])


def test_an_extension_asked_for_after_expiry_is_too_late(dispute: Cli) -> None:
    assert dispute.at("09-30 09:00")(*EXTEND, "--json", code=4).error["error"] == "refused.too_late"


def test_a_clock_event_cannot_be_fired_by_a_person(cli: Cli) -> None:
    probe = str(ROOT / "tests" / "data" / "probe.yaml")
    cli.db.unlink()  # an organisation of its own: none
    cli("definitions", "add", probe)
    cli("open", "probe", "a", "b", "c", "--as", "desk", "--id", "P")
    clock_event = next(line.split(":")[0].strip() for line in Path(probe).read_text(encoding="utf-8").splitlines() if "after: {" in line)
    for verb in ("fire", "record"):
        assert cli(verb, "P", clock_event, "--as", "boss", "--json", code=4).error["error"] == "refused.clock"


@pytest.mark.parametrize(
    "words",
    [
        ("record", "D", "seal", "--as", "staff"),
        ("record", "D", "close", "--as", "staff"),
        ("record", "D", "启封", "--as", "patient_side"),
        ("record", "D", "report_hospital", "--as", "complainant", "--at", "2026-01-01"),
        ("fire", "D", "report_hospital", "--as", "complainant"),
    ],
)
def test_a_record_is_never_refused_for_a_breach_of_procedure(words: tuple[str, ...], dispute: Cli) -> None:
    """S5.2, S5.3"""
    state = dispute("show", "D", "--json").json["state"]
    assert dispute(*words, "--json").json["deviations"]
    assert dispute("show", "D", "--json").json["state"] == state


# ids and words of any kind

IDS = ["a/b", "../x", "a\\b", "..", " a", "a ", "a\nb", "a\tb", "\x1b[31mred", "a\x9bm", "a\u202eb", "\u2028", "x" * 101, "x" * 10_000]


@pytest.mark.parametrize("name", IDS, ids=[ascii(i)[:12] for i in IDS])
def test_an_id_that_cannot_be_said_or_stand_in_a_path_is_refused(name: str, dispute: Cli) -> None:
    before = dispute.bytes()
    for more in ((), ("--dry-run",)):
        said = dispute("open", "medical-dispute", "a", "b", "c", "--as", "staff", "--id", name, *more, code=2)
        assert "[input.bad]" in said.err
        assert len(said.err) < 400
        assert "\x1b" not in said.err
    assert dispute.bytes() == before


@pytest.mark.parametrize("name", ["中庄事件-2026-01", "D-1", "№ 7", "a.b", "x" * 100])
def test_an_id_may_be_what_an_office_writes_on_the_folder(name: str, dispute: Cli) -> None:
    dispute("open", "medical-dispute", "a", "b", "c", "--as", "staff", "--id", name)
    assert dispute("show", name, "--json").json["case"] == name


@pytest.mark.parametrize("words", [("show",), ("note",), ("fire",)])
@pytest.mark.parametrize("name", IDS, ids=[ascii(i)[:12] for i in IDS])
def test_an_id_of_any_kind_that_is_not_there_is_not_found(words: tuple[str, ...], name: str, dispute: Cli) -> None:
    rest = {"show": (), "note": ("x", "--as", "staff"), "fire": ("seal", "--as", "staff")}[words[0]]
    said = dispute(*words, name, *rest, code=7)
    assert "\x1b" not in said.err and "\x9b" not in said.err and "\u202e" not in said.err


HOSTILE = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202edesrever\x00"


def test_no_control_sequence_in_what_people_wrote_reaches_the_terminal(dispute: Cli) -> None:
    note = HOSTILE.replace("\x00", "")
    dispute("note", "D", note, "--as", "relations", "--source", note)
    dispute("revise", "D", f"patient={note}", "-r", note, "--as", "director")
    for words in (("show", "D"), ("note", "D", note, "--as", "relations", "--dry-run"), ("tick",), ("explain", "D"), ("due",)):
        said = dispute(*words, code=None)
        assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(said.out + said.err)
    assert r"\x1b[2J" in dispute("show", "D").out.replace("\n", "").replace(" ", "")
    assert dispute("show", "D", "--json").json["acts"][3]["private"]["text"] == note  # the data stays as it was written


@pytest.mark.parametrize(
    "words", [("fire", "D", HOSTILE, "--as", "staff"), ("note", "D", "x", "--as", HOSTILE), ("show", HOSTILE), (HOSTILE,)]
)
def test_no_control_sequence_comes_back_in_an_error(words: tuple[str, ...], dispute: Cli) -> None:
    said = dispute(*words, code=None)
    assert said.code in (2, 7)
    assert not {"\x1b", "\x07", "\x9b", "\u202e", "\x00"} & set(said.err)


@pytest.mark.parametrize(
    "words", [("note", "D", "a\udcff", "--as", "staff"), ("show", "\udcff"), ("open", "medical-dispute", "a", "b", "c", "--id", "\udc80")]
)
def test_bytes_that_are_no_text_are_refused(words: tuple[str, ...], dispute: Cli) -> None:
    before = dispute.bytes()
    assert dispute(*words, "--json", code=2).error["error"] == "input.bad"
    assert "\\udc" in dispute(*words, code=2).err
    assert dispute.bytes() == before


def test_a_real_process_refuses_bytes_that_are_no_text(tmp_path: Path) -> None:
    line = [sys.executable, "-c", "import cli; cli.main()", "note", b"\xff\xfe", "x", "--as", "staff", "--db", "x.db", "--lang", "en"]
    environment = {"PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8", "PATH": ""}
    done = subprocess.run(line, cwd=tmp_path, env=environment, capture_output=True, timeout=60, check=False)
    assert done.returncode == 2
    assert b"is not valid UTF-8" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_very_long_words_are_kept_whole(dispute: Cli) -> None:
    text = "长" * 100_000
    dispute("note", "D", text, "--as", "relations")
    assert dispute("show", "D", "--json").json["acts"][3]["private"]["text"] == text


# stores


@pytest.mark.parametrize(
    "words",
    [
        ("show", "D"),
        ("due",),
        ("note", "D", "x", "--as", "staff"),
        ("open", "medical-dispute", "a", "b", "c", "--as", "staff"),
        ("tick",),
        ("replay",),
    ],
)
def test_a_store_that_is_none_is_refused_and_left_as_it_is(words: tuple[str, ...], dispute: Cli, tmp_path: Path) -> None:
    whole = dispute.db.read_bytes()
    foreign = {
        "truncated": whole[: len(whole) // 2],
        "scraps": whole[:100],
        "text": "不是数据库\n".encode() * 500,
        "header": whole[:16] + b"\xff" * 5000,
    }
    for name, content in foreign.items():
        folder = tmp_path / f"bad-{name}"
        folder.mkdir()
        dispute.db = folder / "duban.db"
        dispute.db.write_bytes(content)
        said = dispute(*words, "--json", code=None)
        if name == "truncated" and said.code == 6:  # its schema is there, its pages are not
            assert said.error["error"] == "integrity"
        else:
            assert said.code == 69, name
            assert said.error["error"] in ("store.foreign", "store.unavailable")
        assert dispute.db.read_bytes() == content


@pytest.mark.parametrize(
    "words", [("show", "D"), ("open", "medical-dispute", "a", "b", "c", "--as", "staff"), ("org", "load", "hospital"), ("doctor",)]
)
def test_a_directory_is_no_store(words: tuple[str, ...], empty: Cli) -> None:
    empty.db.mkdir()
    said = empty(*words, "--json", code=None)
    assert said.code == (1 if words == ("doctor",) else 69)


def test_a_store_in_a_folder_that_is_not_there(empty: Cli, tmp_path: Path) -> None:
    empty.db = tmp_path / "no" / "folder" / "duban.db"
    assert empty("open", "medical-dispute", "a", "b", "c", "--as", "staff", "--json", code=69).error["error"] == "store.unavailable"
    assert not (tmp_path / "no").exists()


def test_a_store_opened_read_only_takes_no_command(dispute: Cli) -> None:
    before = dispute.db.read_bytes()
    db = f"sqlite:///{dispute.db}?mode=ro"
    from adapters.commands import frame

    assert frame.main(["show", "D", "--json", "--db", db]) == 0
    assert frame.main(["note", "D", "x", "--as", "relations", "--json", "--db", db]) == 69
    assert dispute.db.read_bytes() == before


def test_an_unknown_kind_of_store_is_a_matter_of_configuration(empty: Cli) -> None:
    from adapters.commands import frame

    assert frame.main(["due", "--db", "nonsense://x"]) == 78


# logs: the rest is in tests/fault


def _log(folder: Path, header: str, *rows: str) -> Path:
    path = folder / "log.csv.gz"
    path.write_bytes(gzip.compress("\n".join([header, *rows, ""]).encode()))
    return path


MAP = ROOT / "examples" / "maps" / "phmsa.yaml"


@pytest.fixture
def header() -> str:
    from adapters.eventlog import load_map

    found = load_map(MAP)
    names = [found.columns.case, found.columns.activity, found.columns.time]
    return ",".join(str(n) for n in names)


def test_a_log_with_unknown_columns_is_refused(empty: Cli, tmp_path: Path) -> None:
    log = _log(tmp_path, "a,b,c", "1,2,3")
    said = empty("replay", "--log", str(log), "--map", str(MAP), "--json", code=2)
    assert said.out == ""
    assert said.error["error"] in ("input.log", "input.map")


def test_a_log_that_is_not_there_and_a_map_that_is_none(empty: Cli, tmp_path: Path) -> None:
    assert empty("replay", "--log", "no.csv", "--map", str(MAP), "--json", code=2).out == ""
    (tmp_path / "map.yaml").write_text("nonsense: [", encoding="utf-8")
    assert empty("replay", "--log", "no.csv", "--map", "map.yaml", "--json", code=None).code in (2, 3)
    assert empty("replay", "--log", "no.csv", "--json", code=2).error["error"] == "input.bad"


def test_an_export_that_is_none_and_one_that_was_changed(dispute: Cli, tmp_path: Path) -> None:
    bundle = tmp_path / "journal.jsonl"
    dispute("audit", "export", "-o", str(bundle))
    text = bundle.read_text(encoding="utf-8")
    bundle.write_text(text.replace("2026-09-24T02:05", "2026-09-24T01:05"), encoding="utf-8")
    assert dispute("replay", str(bundle), "--json", code=6).error["error"] == "integrity"
    bundle.write_text("{}\n", encoding="utf-8")
    assert dispute("replay", str(bundle), "--json", code=2).error["error"] == "input.bad"


def test_global_options_that_are_not_known_are_named(empty: Cli) -> None:
    assert "--now" in empty("note", "D", "x", "--now", "2026-09-24", code=2).err  # there is no clock to set for what is written
