"""``duban audit case``: one case as of an instant, from the store, from a bundle and from a log."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Cli
from tests.office import Office
from tests.scenes import staged
from workflow.journal.canonical import canonical, digest


@pytest.fixture
def late(dispute: Cli) -> Cli:
    """The dispute ``D`` answered on 10-08, nine days late; on 10-09 a statement is entered, and an explanation of 09-25."""

    def play() -> None:
        dispute.at("10-02 09:00")("tick")
        dispute.at("10-08 09:00")("fire", "D", "answered", "--person", "h02")
        dispute.at("10-09 09:00")("note", "D", "节前已口头答复", "--kind", "statement", "--about", "feedback", "--person", "h02")
        dispute.at("10-09 10:00")("record", "D", "explain", "--person", "h02", "--at", "2026-09-25 14:00")

    staged("late dispute", dispute.db, play)
    return dispute.at("10-20 09:00")


def inspected(cli: Cli, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = cli("audit", "case", "D", *words, "--json").json
    return found


def test_what_was_entered_after_the_instant_decides_nothing_of_it_and_stands_apart(late: Cli) -> None:
    found = inspected(late, "--as-of", "2026-10-05")
    assert [a["n"] for a in found["case"]["acts"]] == [1, 2, 3]
    row = next(r for r in found["case"]["rows"] if r["duty"] == "feedback")
    assert row["outcome"] == "missed" and "met" not in row
    assert [a["n"] for a in found["later"]["acts"]] == [7, 8, 9] and found["later"]["acts"][2]["happened"] < "2026-10-05"
    changed = {r["row"].partition("/")[0]: (r["then"], r["now"]) for r in found["later"]["rows"]}
    assert changed["feedback"] == ("missed", "met_late") and changed["explain"] == ("not_due", "met")
    assert not found["statements"] and [s["n"] for s in found["later"]["statements"]] == [8]


def test_each_act_says_its_instants_apart_and_on_whose_word(late: Cli) -> None:
    acts = {a["n"]: a for a in inspected(late)["case"]["acts"]}
    assert acts[9]["happened"] == "2026-09-25T06:00:00.000000Z" and acts[9]["recorded"] == "2026-10-09T02:00:00.000000Z"
    assert acts[9]["grade"] == "own" and acts[3]["grade"] == "system" and acts[3]["proof"].startswith("sha256:")
    assert acts[2]["to"] == [{"role": "head", "received": None}], "nothing shows that it was received"
    said = late("audit", "case", "D").out
    assert "本人陈述" in said and "未见签收" in said and "节前已口头答复" in said


def test_a_broken_duty_is_traced_back_to_what_started_it_whom_its_flags_told_and_who_held_the_matter(late: Cli) -> None:
    (step,) = [s for s in inspected(late, "--as-of", "2026-10-05")["back"]["steps"] if s["how"] == "self"]
    assert step["duty"] == "feedback" and step["started"]["n"] == 3 and step["started"]["name"] == "accept" and step["done"] is None
    assert {f["said"] for f in step["told"]} == {"missing", "tier"} and all(f["proof"] for f in step["told"])
    assert [h["holder"] for h in step["held"]] == ["unknown"] and step["held"][-1]["until"] == "2026-10-05T15:59:59.999999Z"
    after = inspected(late)["back"]["steps"][0]
    assert after["done"]["n"] == 7 and after["held"] == [
        {"from": "2026-09-24T02:20:00.000000Z", "until": "2026-10-08T01:00:00.000000Z", "holder": "unknown"}
    ]


def test_the_json_is_canonical_and_its_digest_can_be_computed_again(late: Cli) -> None:
    out = late("audit", "case", "D", "--json").out
    document = json.loads(out)
    assert canonical(document).decode() + "\n" == out
    told = document.pop("digest")
    assert digest(canonical(document)) == told


def test_a_bundle_says_what_the_store_says_but_for_what_lies_in_the_erasable_part(late: Cli) -> None:
    late("audit", "bundle", "-o", "B")
    for until in ("2026-10-05", "2026-10-09 12:00"):
        here, there = inspected(late, "--as-of", until), inspected(late, "--as-of", until, "--bundle", "B")
        for found in (here, there):
            found.pop("digest")
            for one in (*found["statements"], *found["later"]["statements"]):
                one["text"] = one["text"] and "kept"
        texts = [s.pop("text") for found in (here, there) for s in (*found["statements"], *found["later"]["statements"])]
        assert texts == ["kept", None] and here == there
    zh = [late("audit", "case", "D", "--as-of", "2026-10-05", *more).out for more in ((), ("--bundle", "B"))]
    assert len([1 for a, b in zip(*(text.splitlines() for text in zh), strict=True) if a != b]) == 2, "the statement, and the digest"


TICKETS = """ticket,when,what
T1,2026-03-02 09:00:00,open
T1,2026-03-02 15:30:00,working
T1,2026-03-13 10:00:00,solved
"""
MAP = """procedure: service-incident
columns: {case: ticket, time: when, activity: what}
formats: "%Y-%m-%d %H:%M:%S"
zone: Asia/Shanghai
activities: {open: created, working: activated, solved: resolved}
"""
STEPS = (("03-02 15:30", "activated"), ("03-13 10:00", "resolved"))
AS_OF = ("--as-of", "2026-03-10T00:00:00Z")


@pytest.fixture
def both(empty: Cli) -> Cli:
    """The same history as a log and in the store."""
    Path("log.csv").write_text(TICKETS, encoding="utf-8")
    Path("map.yaml").write_text(MAP, encoding="utf-8")
    empty.at("03-02 09:00")("open", "service-incident", "a", "b", "c", "--id", "T1", "--event", "created", "--as", "service_desk")
    for when, event in STEPS:
        empty.at(when)("fire", "T1", event, "--as", "service_desk")
    return empty.at("03-13 10:00")


def test_a_log_says_of_each_duty_what_the_store_says_for_the_same_history(both: Cli) -> None:
    log = ("--log", "log.csv", "--map", "map.yaml")
    for more in ((), AS_OF):
        here = both("audit", "case", "T1", *more, "--json").json
        there = both("audit", "case", "T1", *more, *log, "--json").json
        assert [r["explanation"] for r in here["case"]["rows"]] == [r["explanation"] for r in there["case"]["rows"]]
        for found in (here, there):
            for row in found["case"]["rows"]:
                row.pop("proof", None)
                row.pop("unit", None)
        assert here["case"]["rows"] == there["case"]["rows"] and here["later"]["rows"] == there["later"]["rows"]
        assert [a["happened"] for a in here["case"]["acts"]] == [a["happened"] for a in there["case"]["acts"]]
    assert [a["proof"] for a in there["later"]["acts"]] == ["4"] and "recorded" not in there["case"]["acts"][0]
    assert there["source"]["files"][0]["name"] == "log.csv" and "日志没有" in there["back"]["unseen"][-1]["zh"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("audit", "case", "X"), 7),
        (("audit", "case", "D", "--as-of", "2026-09-01"), 7),
        (("audit", "case", "D", "--log", "log.csv"), 2),
        (("audit", "case", "D", "--log", "log.csv", "--map", "map.yaml", "--bundle", "B"), 2),
        (("audit", "case", "D", "--definition", "x.yaml"), 2),
    ],
)
def test_what_cannot_be_inspected_is_said(late: Cli, words: tuple[str, ...], code: int) -> None:
    late(*words, code=code)


def test_the_commands_of_the_page_run(late: Cli) -> None:
    late("audit", "bundle", "-o", "office.zip")
    Path("calls.csv").write_text(TICKETS, encoding="utf-8")
    Path("calls.yaml").write_text(MAP, encoding="utf-8")
    page = (Path(__file__).resolve().parents[2] / "docs" / "how-to" / "inspect-a-case.md").read_text(encoding="utf-8")
    commands = [line for block in re.findall(r"```sh\n(.*?)```", page, re.DOTALL) for line in block.splitlines()]
    assert len(commands) == 5
    for command in commands:
        assert late(*shlex.split(command)[1:]).out
    assert Path("sheet.html").exists() and Path("sheet.docx").exists()


def test_who_looks_at_a_case_leaves_no_trace_in_the_store(late: Cli) -> None:
    before = late.bytes()
    late("audit", "case", "D", "--as-of", "2026-10-05")
    late("audit", "finding", "D", "--json")
    assert late.bytes() == before


def test_of_a_case_whose_record_does_not_hold_nothing_is_said(late: Cli) -> None:
    late.at("10-20 09:00")("open", "medical-dispute", "b", "b", "b", "--id", "E", "--person", "h06", "--unit", "surgery")
    late("audit", "export", "-o", "export.jsonl")
    lines = Path("export.jsonl").read_text(encoding="utf-8").splitlines()
    number = next(n for n, line in enumerate(lines) if '"case":"D"' in line.replace('\\"', '"') and "answered" in line)
    lines[number] = lines[number].replace("2026-10-08", "2026-09-28")
    Path("export.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    said = late("audit", "case", "D", "--bundle", "export.jsonl", code=6)
    assert said.out == "" and "D" in said.err
    late("audit", "case", "E", "--bundle", "export.jsonl")


def test_s9_3_a_statement_that_was_erased_is_said_to_be_not_here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    office = Office(tmp_path, capsys)
    office.play("B")
    office.run("open", "probe", "纠纷", "门诊", "告知人", "--as", "desk", "--id", "A")
    office.run("note", "A", "节前已口头答复", "--kind", "statement", "--as", "desk")
    office.run("fire", "A", "close", "--as", "boss")
    assert office.json("audit", "case", "A")["statements"][0]["text"] == "节前已口头答复"
    office.run("erase", "A", "--ground", "保存期满", "--decider", "boss", "--as", "boss", "--entry", "2")
    (found,) = office.json("audit", "case", "A")["statements"]
    assert found["n"] == 2 and found["text"] is None
    said, _ = office.run("audit", "case", "A", lang="zh")
    assert "可删除部分" in said and "节前已口头答复" not in said
