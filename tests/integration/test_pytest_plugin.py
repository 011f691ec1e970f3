"""The ``case`` fixture and ``duban new``, as the author of a procedure uses them."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.commands import frame
from adapters.trial import Trial
from workflow.errors import Refused, UnknownName
from workflow.procedure.load import load

pytest_plugins = "pytester"


@pytest.fixture
def begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A folder with what ``duban new`` wrote."""
    monkeypatch.chdir(tmp_path)
    assert frame.main(["new", "visitor-complaint", "--title", '来访: 投诉 "x"', "--lang", "zh"]) == 0
    return tmp_path


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_start_passes_the_check_and_is_commented_in_one_language(
    lang: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert frame.main(["new", "visitor-complaint", "--lang", lang]) == 0
    assert frame.main(["definitions", "check", "visitor-complaint.yaml"]) == 0, capsys.readouterr().err
    comments = [line for line in Path("visitor-complaint.yaml").read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    assert len(comments) > 8
    assert any("工作日历" in c for c in comments) == (lang == "zh")
    assert not any(c.startswith(("#zh", "#en")) or "{{" in c for c in comments)


@pytest.mark.parametrize(
    ("options", "zh", "en", "lacking"),
    [
        ((), "程序 visitor-complaint", "procedure visitor-complaint", 2),
        (("--title", "来访投诉"), "来访投诉", "procedure visitor-complaint", 1),
        (("--title", "Visitor complaints"), "程序 visitor-complaint", "Visitor complaints", 1),
        (("--title-en", "Visitor complaints"), "程序 visitor-complaint", "Visitor complaints", 1),
        (("--title", "来访投诉", "--title-en", "Visitor complaints"), "来访投诉", "Visitor complaints", 0),
    ],
)
def test_a_title_stands_in_its_own_language_and_one_that_lacks_is_marked(
    options: tuple[str, ...],
    zh: str,
    en: str,
    lacking: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert frame.main(["--lang", "en", "new", "visitor-complaint", *options]) == 0
    assert capsys.readouterr().err.count("write the ") == lacking
    text = Path("visitor-complaint.yaml").read_text(encoding="utf-8")
    assert text.count("# 待译 / to be translated") == lacking
    procedure = load(text.encode(), "visitor-complaint.yaml").procedure
    assert (procedure.zh, procedure.en) == (zh, en)
    assert frame.main(["--lang", "en", "definitions", "check", "visitor-complaint.yaml"]) == 0
    said = capsys.readouterr()
    assert "label." not in said.out + said.err and " warning " not in said.out + said.err


def test_the_test_that_comes_with_it_passes(begun: Path, pytester: pytest.Pytester) -> None:
    for file in begun.glob("*visitor*"):
        (pytester.path / file.name).write_bytes(file.read_bytes())
    pytester.runpytest_inprocess("-p", "no:xdist", "-p", "no:cacheprovider").assert_outcomes(passed=2)


def test_the_test_that_comes_with_it_can_fail(begun: Path, pytester: pytest.Pytester) -> None:
    for file in begun.glob("*visitor*"):
        text = file.read_text(encoding="utf-8").replace("is: 5 working days}", "is: 6 working days}")
        (pytester.path / file.name).write_text(text, encoding="utf-8")
    pytester.runpytest_inprocess("-p", "no:xdist", "-p", "no:cacheprovider").assert_outcomes(failed=2)


def test_nothing_is_overwritten(begun: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {f.name: f.read_bytes() for f in begun.iterdir()}
    assert frame.main(["new", "visitor-complaint"]) == 5
    (begun / "visitor-complaint.yaml").unlink()
    assert frame.main(["new", "visitor-complaint"]) == 5  # its test is still there
    assert {f.name: f.read_bytes() for f in begun.iterdir()} == {k: v for k, v in before.items() if k.startswith("test_")}


@pytest.mark.parametrize("name", ["Complaint", "a b", "../x", "9x", "", "a.b"])
def test_what_cannot_be_the_id_of_a_procedure_is_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert frame.main(["new", name]) == 2
    assert list(tmp_path.iterdir()) == []


def test_a_test_without_the_marker_is_told_what_it_lacks(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(case):\n    pass\n")
    result = pytester.runpytest_inprocess("-p", "no:xdist", "-p", "no:cacheprovider")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*pytest.mark.procedure*"])


# the trial itself


@pytest.fixture
def dispute() -> Trial:
    trial = Trial("medical-dispute", "hospital")
    trial.at("2026-09-24 10:00").open(person="h06", unit="surgery", facts={"handling": "complex", "matter": "medical_fault"})
    return trial


def test_a_shipped_procedure_is_tried_with_its_organisation(dispute: Trial) -> None:
    dispute.at("2026-09-24 10:20").fire("受理投诉", person="h02")
    assert dispute.due("feedback") == "2026-09-30 00:00"
    assert "截止 2026-09-29" in dispute.explain("feedback")
    assert "2026-09-29" in dispute.explain("feedback", "en")
    dispute.revise("director", handling="cross_department")
    assert dispute.due("feedback") == "2026-10-16 00:00"


def test_the_clock_sweeps_on_its_way(dispute: Trial) -> None:
    dispute.at("2026-09-24 10:20").fire("accept", person="h02")
    dispute.at("2026-10-12 10:00")
    assert dispute.outcome("feedback") == "missed"
    assert "late_answer" in dispute.leads


def test_a_refusal_is_the_typed_error(dispute: Trial) -> None:
    with pytest.raises(Refused):
        dispute.fire("close", by="director")
    assert "not_enabled" in dispute.record("close", by="director").deviations


def test_a_decision_starts_its_duty(dispute: Trial) -> None:
    dispute.at("2026-09-24 10:05").fire("telephone_hospital", by="head", to=["relations", "director"], elements={"situation": "a"})
    dispute.decide("report_up", True, "director")
    assert dispute.outcome("report_authority") == "not_due"


def test_one_outcome_is_not_made_of_several(dispute: Trial) -> None:
    dispute.fire("report_head", by="staff")
    dispute.fire("telephone_hospital", by="head", to="relations", elements={"situation": "a"})
    with pytest.raises(LookupError, match="report_hospital"):
        dispute.outcome("report_hospital")
    assert dispute.outcome("report_hospital/relations") == "met"


def test_a_procedure_that_is_not_there_is_named() -> None:
    with pytest.raises(UnknownName, match="nothing-such"):
        Trial("nothing-such")


def test_the_state_is_told_by_its_path(dispute: Trial) -> None:
    assert any(path.startswith("open.") for path in dispute.state)
