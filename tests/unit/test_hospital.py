"""The example hospital: every role inside it has a holder, leave is acted for, and the command line shows it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adapters.commands.frame import main
from adapters.library import shipped_definitions
from adapters.organisations import shipped_organisation
from tests.play import at
from workflow import organisation as organisations
from workflow.organisation import Organisation

PROCEDURE = next(d.procedure for d in shipped_definitions("medical-dispute"))
INSIDE = sorted(name for name, role in PROCEDURE.roles.items() if role.level != "outside")


@pytest.fixture(scope="module")
def hospital() -> Organisation:
    found = Organisation()
    for body, _ in shipped_organisation("hospital"):
        found = organisations.evolve(found, body)
    return found


@pytest.mark.parametrize("role", INSIDE)
def test_a_role_inside_the_hospital_has_somebody_who_may_sign(hospital: Organisation, role: str) -> None:
    posts = [post.id for post in hospital.posts.values() if post.role == role]
    assert posts and all(hospital.signing(post, at("09-24 09:00")) for post in posts)


@pytest.mark.parametrize("unit", ["surgery", "anaesthesia", "outpatient"])
@pytest.mark.parametrize("role", ["staff", "head", "department"])
def test_every_department_has_each_post_that_the_procedure_asks_for(hospital: Organisation, unit: str, role: str) -> None:
    post = hospital.post_for(role, unit, at("09-24 09:00"))
    assert post is not None and post.unit == unit


def test_roles_outside_have_a_post_and_nobody_by_name(hospital: Organisation) -> None:
    outside = sorted(name for name, role in PROCEDURE.roles.items() if role.level == "outside")
    posts = {post.role: post.id for post in hospital.posts.values() if post.role in outside}
    assert sorted(posts) == outside
    assert [post for post in posts.values() if hospital.signing(post, at("09-24 09:00"))] == []


@pytest.mark.parametrize(
    ("when", "post", "signs"),
    [
        ("09-30 23:59", "hospital.director", [("h01", None)]),
        ("10-01 00:00", "hospital.director", [("h02", "h01")]),
        ("10-07 23:59", "hospital.director", [("h02", "h01")]),
        ("10-08 00:00", "hospital.director", [("h01", None)]),
        ("2026-06-30 12:00", "anaesthesia.head", [("h10", None)]),
        ("2026-07-01 00:00", "anaesthesia.head", [("h11", None)]),
    ],
)
def test_s9_1_who_may_sign_depends_on_the_day(hospital: Organisation, when: str, post: str, signs: list[tuple[str, str | None]]) -> None:
    assert [(a.person, a.acting_for) for a in hospital.signing(post, at(when))] == signs


def test_the_custodian_is_not_who_names_the_custodian(hospital: Organisation) -> None:
    day = at("09-24 09:00")
    medical = {a.person for a in hospital.signing("hospital.medical", day)}
    assert medical.isdisjoint(a.person for a in hospital.signing("hospital.custodian", day))


def test_no_name_or_telephone_number_lies_in_what_is_journaled_for_good() -> None:
    bodies = json.dumps([body for body, _ in shipped_organisation("hospital")], ensure_ascii=False)
    private = [p for _, p in shipped_organisation("hospital") if p]
    assert len(private) >= 12
    assert [value for p in private for value in p.values() if str(value) in bodies] == []


def test_org_load_and_show(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["--db", "sqlite:///o.db", "org", "load", "hospital", "--dry-run"]) == 0
    assert main(["--db", "sqlite:///o.db", "org", "load", "hospital"]) == 0
    capsys.readouterr()
    assert main(["--db", "sqlite:///o.db", "--json", "org", "show"]) == 0
    shown = {row["post"]: row for row in json.loads(capsys.readouterr().out)["posts"]}
    assert set(shown) == {body["id"] for body, _ in shipped_organisation("hospital") if body["what"] == "post"}
    assert shown["surgery.head"]["unit"] == "surgery"
    assert [a["person"] for a in shown["surgery.head"]["signing"]] == ["h05"]
    assert shown["patient.complainant"]["signing"] == []


def test_a_post_that_never_had_a_holder_is_not_called_vacant(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "140")
    assert main(["--db", "sqlite:///o.db", "--lang", "en", "org", "load", "hospital"]) == 0
    capsys.readouterr()
    assert main(["--db", "sqlite:///o.db", "--lang", "en", "org", "show"]) == 0
    shown = capsys.readouterr().out
    assert "vacant" not in shown
    assert [line.split()[-2:] for line in shown.splitlines() if "complainant" in line] == [["nobody", "named"]]
