"""The pages of the town procedure and of the organisation file show what really happens."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.commands.frame import main
from adapters.organisations import read_organisation
from tests.play import Play, at

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "reference" / "procedures" / "social-security-incident.md").read_text(encoding="utf-8")
ORGANISATION = (ROOT / "docs" / "reference" / "organisation.md").read_text(encoding="utf-8")
LOCAL, SESSION = re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)


def test_the_session_of_the_page_runs_as_shown(played: Callable[[str], None]) -> None:
    played(SESSION)


def test_a_number_is_set_to_the_local_rule_as_the_page_says(played: Callable[[str], None], tmp_path: Path) -> None:
    text = (ROOT / "definitions" / "procedures" / "social-security-incident.yaml").read_text(encoding="utf-8")
    (diff,) = re.findall(r"```diff\n(.*?)```", PAGE, re.DOTALL)
    for old, new in re.findall(r"((?:^-.*\n)+)((?:^\+.*\n)+)", diff, re.MULTILINE):
        before, after = (re.sub(r"^[-+]", "", part, flags=re.MULTILINE) for part in (old, new))
        assert text.count(before) == 1
        text = text.replace(before, after)
    (tmp_path / "county.yaml").write_text(text, encoding="utf-8")
    played(LOCAL)


def test_the_table_of_the_page_lists_every_duty_and_every_number() -> None:
    procedure = Play("social-security-incident").engine.rules("social-security-incident", at("10-02 00:00")).procedure
    asked = PAGE.split("## What is asked of whom")[1].split("\n## ")[0]
    rows = {name: line for line in asked.splitlines() if line.startswith("| `") for name in re.findall(r"`([a-z_.]+)`", line.split("|")[1])}
    for name, obligation in procedure.obligations.items():
        listed = rows.get(name) or (rows["command_mass"] if name.startswith("command_") else "")
        assert listed, name
        if not name.startswith("command_"):
            assert obligation.zh in listed
        for alternative in obligation.term:
            assert alternative.term.qualitative or alternative.term.text.en in listed, name


def test_the_example_of_the_organisation_page_is_read(tmp_path: Path) -> None:
    text, *_ = re.findall(r"```yaml\n(.*?)```", ORGANISATION, re.DOTALL)
    (tmp_path / "org.yaml").write_text(text, encoding="utf-8")
    assert len(Play("probe").at("10-02 00:00").engine.organise(read_organisation(tmp_path / "org.yaml")).posts) == 2


BROKEN = """\
units:
  - id: town
    zh: 镇
    en: Town
    level: town
    posts:
      - role: duty
        zh: 值班
        en: duty
        holders:
          - {person: p1, from: soon}
"""


def test_a_broken_file_is_refused_and_leaves_no_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.yaml").write_text(BROKEN, encoding="utf-8")
    assert main(["org", "load", "broken.yaml", "--lang", "en"]) == 3
    (shown,) = re.findall(r"```console\n\$ duban org load broken.yaml\n(.*?)\n```", ORGANISATION, re.DOTALL)
    assert shown == "broken.yaml:11:26: units.0.posts.0.holders.0.from cannot read the time 'soon'"
    assert shown in capsys.readouterr().err
    assert not (tmp_path / "duban.db").exists()
