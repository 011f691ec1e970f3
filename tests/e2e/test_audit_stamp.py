"""``duban audit stamp`` and ``check-stamp``: tokens of an authority made for the test, and everything that is wrong with others."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters import stamping
from tests.authority import OPENSSL, Authority
from tests.office import Office
from workflow.errors import BadInput
from workflow.moment import unstamp

pytestmark = pytest.mark.skipif(OPENSSL is None, reason="the program openssl, which makes the tokens, is not here")


@pytest.fixture
def office(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.chdir(tmp_path)
    found = Office(tmp_path, capsys)
    found.play("A")
    found.run("audit", "checkpoint", "-o", "note.txt")
    yield found


def stamped(office: Office, authority: Authority, note: str = "note.txt", token: str = "note.tsr") -> str:
    office.run("audit", "stamp", note, "-o", "note.tsq")
    return str(authority.answer(office.folder / "note.tsq", office.folder / token))


def test_a_token_says_when_the_checkpoint_was_there_with_no_store_and_no_network(office: Office) -> None:
    authority = Authority.new(office.folder / "tsa")
    token = stamped(office, authority)
    office.path.unlink()
    found = office.json("audit", "check-stamp", "note.txt", token, "--ca", str(authority.root))
    assert found["ok"] and found["findings"] == [] and (found["seconds"], found["policy"]) == (1, "1.2.3.4.1")
    assert abs(unstamp(found["time"]) - datetime.now(UTC)) < timedelta(minutes=10)
    assert (found["authority"], found["serial"]) == ("CN=Test Time Stamping", "2")
    said, _ = office.run("audit", "check-stamp", "note.txt", token, "--ca", str(authority.root))
    assert "checkpoint 1 was there at" in said
    assert "已经存在" in office.run("audit", "check-stamp", "note.txt", token, "--ca", str(authority.root), lang="zh")[0]


def test_other_programs_check_the_same_files(office: Office) -> None:
    authority = Authority.new(office.folder / "tsa")
    token = stamped(office, authority)
    words = [str(OPENSSL), "ts", "-verify", "-data", "note.txt", "-in", token, "-CAfile", str(authority.root)]
    subprocess.run(words, check=True, capture_output=True, timeout=60)


def test_one_file_has_one_request(office: Office) -> None:
    office.run("audit", "stamp", "note.txt", "-o", "a")
    office.run("audit", "stamp", "note.txt", "-o", "b")
    assert Path("a").read_bytes() == Path("b").read_bytes() and Path("a").read_bytes()[0] == 0x30


def test_s9_3_a_token_from_before_an_erasure_holds_after_it_and_so_does_what_it_stamped(office: Office) -> None:
    authority = Authority.new(office.folder / "tsa")
    token = stamped(office, authority)
    office.run("fire", "A", "close", "--as", "boss")
    office.run("erase", "A", "--ground", "保存期满", "--decider", "boss", "--as", "boss", "--entry", "1")
    office.run("audit", "checkpoint", "-o", "later.txt")
    assert office.json("audit", "check-stamp", "note.txt", token, "--ca", str(authority.root))["ok"]
    found = office.json("audit", "verify", "--checkpoint", "note.txt")
    assert found["ok"] and found["erased"] == [["A", 1]]
    office.run("audit", "prove", "--since", "note.txt", "-o", "p")
    assert office.json("audit", "check-proof", "p", "--since", "note.txt", "--checkpoint", "later.txt")["ok"]


def test_a_token_of_another_checkpoint_is_found(office: Office) -> None:
    authority = Authority.new(office.folder / "tsa")
    token = stamped(office, authority)
    office.run("note", "A", "之后", "--as", "desk")
    office.run("audit", "checkpoint", "-o", "later.txt")
    found = office.json("audit", "check-stamp", "later.txt", token, "--ca", str(authority.root), exit=6)
    assert [f["code"] for f in found["findings"]] == ["stamped"]


def test_a_certificate_that_had_expired_when_it_signed_is_found(office: Office) -> None:
    authority = Authority.new(office.folder / "tsa", expired=True)
    found = office.json("audit", "check-stamp", "note.txt", stamped(office, authority), "--ca", str(authority.root), exit=6)
    assert [f["code"] for f in found["findings"]] == ["stamp"] and "expired" in found["findings"][0]["en"]


def test_another_authority_of_the_same_name_is_found(office: Office) -> None:
    token = stamped(office, Authority.new(office.folder / "tsa"))
    other = Authority.new(office.folder / "other")
    said, _ = office.run("audit", "check-stamp", "note.txt", token, "--ca", str(other.root), exit=6)
    assert "✗ the time stamp does not hold" in said and "was there at" not in said


def test_a_token_that_was_cut_or_changed_never_says_another_time(office: Office) -> None:
    authority = Authority.new(office.folder / "tsa")
    token = Path(stamped(office, authority))
    whole = token.read_bytes()
    words = ["audit", "check-stamp", "note.txt", str(token), "--ca", str(authority.root)]
    good = office.json(*words)
    note, root = Path("note.txt").read_bytes(), authority.root.read_bytes()
    for cut in (*range(0, len(whole), 37), len(whole) - 1):
        with pytest.raises(BadInput):
            stamping.check(whole[:cut], note, root)
    for i in range(len(whole)):
        changed = whole[:i] + bytes([whole[i] ^ 1]) + whole[i + 1 :]
        try:
            found, findings = stamping.check(changed, note, root)
        except BadInput:
            continue
        assert findings or found.time == unstamp(good["time"]), i
    token.write_bytes(whole[:-1])
    assert "no time stamp" in office.run(*words, exit=2)[1]


def test_what_cannot_be_used_is_bad_input(office: Office) -> None:
    authority = Authority.new(office.folder / "tsa")
    token = stamped(office, authority)
    for words in (
        ["check-stamp", "note.txt", token, "--ca", "note.txt"],
        ["check-stamp", "note.txt", "note.tsq", "--ca", str(authority.root)],
        ["check-stamp", "note.txt", "nowhere", "--ca", str(authority.root)],
        ["check-stamp", token, token, "--ca", str(authority.root)],
        ["stamp", "nowhere", "-o", "x"],
        ["stamp", "1:sha256:" + "0" * 64, "-o", "x"],
    ):
        office.run("audit", *words, exit=2)


def test_without_the_extra_it_says_which_one(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rfc3161_client", None)
    assert "duban[timestamp]" in office.run("audit", "stamp", "note.txt", "-o", "x", exit=78)[1]
