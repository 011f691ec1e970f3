"""A number whose only basis is a text that nobody read does not run (promise 4): the loader says how to mend it."""

from __future__ import annotations

import pytest

from adapters.library import shipped_definitions
from workflow.errors import DefinitionError
from workflow.procedure.load import Definition, load, thaw
from workflow.procedure.source import BrokenDefinition

TEXT = """
procedure: small
version: "1"
zh: 小程序
en: small
basis:
  read: {document: 办法, clause: 一, read: A}
  partly: {document: 办法, clause: 二, read: B}
  unread: {document: 办法, clause: 三, read: C}
  unread_too: {document: 办法, clause: 四, read: C}
roles: {desk: {zh: 窗口, en: desk, level: town}, boss: {zh: 主任, en: head, level: town}}
initial: open
states: {open: {zh: 在办, en: open}, late: {zh: 逾期, en: late}, closed: {zh: 办结, en: closed, final: true}}
events:
  came: {zh: 来件, en: came, opens: true, by: desk}
  answer: {zh: 答复, en: answer, from: open, by: desk, report: {kind: final, to: boss}}
  lapse: {zh: 过期, en: lapse, from: open, to: late, by: clock, after: {on: came, term: 9 days}, basis: read}
  close: {zh: 办结, en: close, from: [open, late], to: closed, by: desk}
obligations:
  reply:
    zh: 答复来件
    en: answer it
    owed: {by: desk, to: boss}
    starts: {on: came}
    term: [{is: 5 days}]
    met_by: answer
    basis: read
"""
TERM = "term: [{is: 5 days}]"


def read(*changes: tuple[str, str]) -> Definition:
    text = TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return load(text, "small.yaml")


def told(*changes: tuple[str, str]) -> list[str]:
    with pytest.raises(BrokenDefinition) as caught:
        read(*changes)
    assert isinstance(caught.value, DefinitionError) and caught.value.code == "definition.invalid"
    for problem in caught.value.problems:
        assert "nobody read" in problem.message.en and problem.hint is not None
        assert "read the text" in problem.hint.en and "basis: unit" in problem.hint.en
    return [p.field for p in caught.value.problems]


UNREAD = ("    basis: read\n", "    basis: unread\n")


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("obligations.reply.term.0", (UNREAD,)),
        ("obligations.reply.term.0", (("    basis: read\n", "    basis: [unread, unread_too]\n"),)),
        ("obligations.reply.term.0", ((TERM, "term: [{is: 5 days, basis: unread}]"),)),
        ("obligations.reply.starts.every", (("starts: {on: came}", 'starts: {on: came, every: "every day at 08:00", basis: unread}'),)),
        ("obligations.reply.receipt", ((TERM, TERM + "\n    receipt: 1 hour\n    receipt_basis: unread"),)),
        ("obligations.reply.deemed", (UNREAD, (TERM, "term: [{is: promptly}]\n    deemed: 3 days"))),
        ("obligations.reply.extend.cap", ((TERM, TERM + "\n    extend: {grant: boss, cap: 2 days, basis: unread}"),)),
        ("obligations.reply.tiers.0", ((TERM, TERM + "\n    tiers: [{at: 1 day before, tell: desk, basis: unread}]"),)),
        ("events.lapse.after.term", (("term: 9 days}, basis: read", "term: 9 days}, basis: unread"),)),
    ],
)
def test_a_number_on_an_unread_text_alone_is_refused(field: str, changes: tuple[tuple[str, str], ...]) -> None:
    assert told(*changes) == [field]


@pytest.mark.parametrize(
    "changes",
    [
        (),
        (("    basis: read\n", "    basis: partly\n"),),
        (("    basis: read\n", "    basis: [unread, read]\n"),),
        (("    basis: read\n", "    basis: [unread, unit]\n"),),
        (UNREAD, (TERM, "term: [{is: promptly}]")),
        (UNREAD, (TERM, "term: [{is: 5 days, basis: unit}]")),
        (UNREAD, (TERM, "term: [{is: 5 days, basis: read}]")),
    ],
)
def test_a_word_or_a_number_with_another_basis_runs(changes: tuple[tuple[str, str], ...]) -> None:
    assert read(*changes).procedure.obligations["reply"].met_by == ("answer",)


def test_a_case_that_began_under_such_a_rule_keeps_it() -> None:
    kept = read().data.replace(b'["read","A"]', b'["read","C"]')
    assert kept != read().data
    assert thaw(kept, "store").procedure.basis["read"].read == "C"


def test_nothing_shipped_rests_on_an_unread_text() -> None:
    assert [(d.procedure.ref, name) for d in shipped_definitions() for name, b in d.procedure.basis.items() if b.read == "C"] == []
