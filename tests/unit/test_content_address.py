# ruff: noqa: E501
"""A definition is addressed by its content: what it says, not how it is written."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from adapters.library import shipped_definitions
from workflow.procedure.load import load, thaw

SMALL = (Path(__file__).parents[1] / "data" / "small.yaml").read_text(encoding="utf-8")
HASH = load(SMALL, "small.yaml").hash


def written(value: Any, indent: str = "") -> str:
    """Plain data as block YAML with every text in double quotes: nothing of the spelling of the file is left."""
    if isinstance(value, dict):
        return "".join(f'\n{indent}"{k}":{written(v, indent + "   ")}' for k, v in value.items()) if value else " {}"
    if isinstance(value, list):
        return "".join(f"\n{indent}-{written(v, indent + '   ')}" for v in value) if value else " []"
    if isinstance(value, str):
        return ' "' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f" {str(value).lower()}"


SPELLINGS = {
    "comments": lambda s: "# a\n" + s.replace("\nroles:", "   # b\n\n# c\nroles:"),
    "empty lines": lambda s: s.replace("\n", "\n\n"),
    "line ends": lambda s: s.replace("\n", "\r\n"),
    "byte order mark": lambda s: "\ufeff" + s,
    "document marker": lambda s: "---\n" + s + "...\n",
    "single quotes": lambda s: s.replace("zh: 小程序", "zh: '小程序'"),
    "double quotes": lambda s: s.replace("zh: 小程序", 'zh: "\\u5c0f程序"'),
    "quotes away": lambda s: s.replace('hour: "09:00"', "hour: 09:00"),
    "flow as block": lambda s: s.replace(
        "  boss: {zh: 领导, en: boss, level: town}", "  boss:\n      zh: 领导\n      en: boss\n      level: town"
    ),
    "spaces in flow": lambda s: s.replace("{zh: 值班, en: desk, level: town}", "{ zh:   值班,en:  desk ,  level: town }"),
    "yes for true": lambda s: s.replace("opens: true", "opens: yes"),
    "true for yes": lambda s: s.replace("answer: yes", "answer: true"),
    "quoted true": lambda s: s.replace("opens: true", 'opens: "true"'),
    "unicode form": lambda s: s.replace("en: small", "en: small"),
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_another_spelling_of_the_same_content_has_the_same_hash(name: str) -> None:
    text = SPELLINGS[name](SMALL)
    assert text != SMALL or name == "unicode form"
    assert load(text, "other.yaml").hash == HASH


def test_numbers_that_only_name_something_may_be_quoted() -> None:
    plain, quoted = (SMALL.replace("version: 1-1", f"version: {v}") for v in ("12", '"12"'))
    assert load(plain, "f").hash == load(quoted, "f").hash
    some, other = (SMALL.replace("cap: 10 days", f"cap: 10 days, times: {v}") for v in ("2", '"2"'))
    assert load(some, "f").hash == load(other, "f").hash


def test_two_unicode_forms_of_a_label_are_one_content() -> None:
    composed, combined = (SMALL.replace("en: small", f"en: {word}") for word in ("caf\u00e9", "cafe\u0301"))
    assert load(composed, "f").hash == load(combined, "f").hash


@pytest.mark.parametrize("definition", [*shipped_definitions(), load(SMALL, "small.yaml")], ids=lambda d: d.procedure.ref)
def test_the_whole_file_written_anew_has_the_same_hash(definition: Any) -> None:
    assert load(written(definition.content()).lstrip("\n") + "\n", "again.yaml").hash == definition.hash


CHANGES = [
    ("zh: 小程序", "zh: 小程序二"), ("zh: 小程序", "zh: 小程序!"), ("en: small", "en: Small"), ("version: 1-1", "version: 1-2"),
    ("is: 10 working days", "is: 11 working days"), ("5 days roll, basis: unit", "5 days, basis: unit"), ("opens: true", "opens: true\n    kind: request"),
    ("by: [desk, boss]", "by: [boss, desk]"), ("revise: boss", "revise: desk"), ("read: A", "read: B"), ("clause: 一", "clause: 二"),
    ("  desk: {zh: 值班, en: desk, level: town}\n  boss: {zh: 领导, en: boss, level: town}\n", "  boss: {zh: 领导, en: boss, level: town}\n  desk: {zh: 值班, en: desk, level: town}\n"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new"), CHANGES)
def test_any_change_of_content_changes_the_hash(old: str, new: str) -> None:
    assert old in SMALL
    assert load(SMALL.replace(old, new, 1), "small.yaml").hash != HASH


def test_every_value_of_the_file_bears_on_the_hash() -> None:
    seen = {HASH}
    labels = [m for m in re.finditer(r"(?<=zh: )[^,}\n]+", SMALL)]
    for match in labels:
        changed = f"{SMALL[: match.start()]}改{match.group()}{SMALL[match.end() :]}"
        seen.add(load(changed, "small.yaml").hash)
    assert len(seen) == len(labels) + 1 > 30


@pytest.mark.parametrize("definition", [*shipped_definitions(), load(SMALL, "small.yaml")], ids=lambda d: d.procedure.ref)
def test_thawed_from_its_bytes_it_is_the_same_procedure(definition: Any) -> None:
    again = thaw(definition.data, "store")
    assert again == definition
    assert list(again.procedure.obligations) == list(definition.procedure.obligations)


def test_a_definition_that_was_stored_is_read_although_a_later_check_would_refuse_it() -> None:
    """Promise 9: what checks are added later never takes the rules from a case."""
    import workflow.procedure.load as loader

    text = SMALL.replace("en: call\n", "en: start\n")
    with pytest.raises(loader.BrokenDefinition):
        load(text, "small.yaml")
    data = loader.canonical(loader.paired(loader.read_source(text, "small.yaml").data))
    assert thaw(data, "store").procedure.events["call"].en == "start"
