"""What a source leaves open (及时, 定期, 适时) and nobody has set: shown, never filled in (promise 4)."""

from __future__ import annotations

from collections.abc import Iterator

from workflow.lint.finding import Finding
from workflow.lint.subject import Subject
from workflow.text import Text


def unset(subject: Subject) -> Iterator[Finding]:
    p = subject.p
    if p.period is not None and p.period.every == "unset":
        said = Text("周期未定,由各单位设定", "no period is set: each unit sets its own")
        yield Finding("unset.period", "notice", ("period", "every"), said, Text("在机构中写频次", "give a frequency in the organisation"))
    for at, term in subject.terms():
        recurs = p.obligations[str(at[1])].starts.every is not None
        if term.qualitative and not (recurs and at[2] == "term"):  # what recurs has the instants of its slots
            said = Text(f"没有数字期限:{term.text.zh}", f"no number is set: {term.text.en}")
            yield Finding("unset.term", "notice", at, said, Text("只计用时,不判逾期", "it is measured and never overdue"))
    for name, duty in p.obligations.items():
        if duty.ambiguous is not None:
            said = Text(f"{name} 的文字有不止一种读法", f"the wording of {name} has more than one reading")
            yield Finding("unset.reading", "notice", ("obligations", name, "ambiguous"), said)
