"""``duban new``: a commented start for a procedure of one's own, and a test of it."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from adapters.commands import frame, screen
from workflow.errors import AlreadyThere, BadInput
from workflow.lint.label import has_chinese
from workflow.procedure.model import NAME
from workflow.text import Lang, Text

TEST = '''"""{name}: what falls due when. Run: python -m pytest {test}"""

import pytest

pytestmark = pytest.mark.procedure("{file}")


def test_the_answer_is_due_after_five_working_days(case):
    case.at("2026-03-02 09:00").open("office", {{"scope": "one"}})
    assert case.due("answer") == "2026-03-10 00:00"  # five working days after the 2nd, at the end of the 9th
    case.at("2026-03-05 16:00").fire("answer", by="office", elements={{"result": "done"}})
    assert case.outcome("answer") == "met"


def test_an_answer_that_does_not_come_is_missed_and_puts_a_lead_on_the_list(case):
    case.at("2026-03-02 09:00").open("office", {{"scope": "one"}})
    case.at("2026-03-10 00:00")
    assert case.outcome("answer") == "missed"
    assert case.leads == ["late_answer"]
'''


LACKING = "待译 / to be translated"
"""Marks a label in the file that is not in its language yet."""


def new(
    procedure: Annotated[str, typer.Argument(help="新程序的编号,如 visitor-complaint / id of the new procedure")],
    title: Annotated[str, typer.Option("--title", help="名称 / title, in Chinese or English")] = "",
    title_en: Annotated[str, typer.Option("--title-en", help="英文名称 / English title, where --title is the Chinese one")] = "",
) -> None:
    """写出一份带注释的程序定义和它的测试 / write a commented procedure and a test of it"""
    if not re.match(NAME, procedure):
        raise BadInput(
            Text(f"{procedure!r} 不能作程序编号", f"{procedure!r} cannot be the id of a procedure"),
            hint=Text(
                "小写字母开头,只用小写字母、数字、下划线和连字符",
                "it begins with a lower-case letter; then lower-case letters, digits, _ and -",
            ),
        )
    file, test = Path(f"{procedure}.yaml"), Path(f"test_{procedure.replace('-', '_')}.py")
    for path in (file, test):
        if path.exists():
            raise AlreadyThere(Text(f"{path} 已存在,没有改动", f"{path} is there already and was not touched"))
    labels, lacking = _titles(procedure, title, title_en)
    names = {"name": procedure, **labels, "file": file.name, "test": test.name}
    try:
        file.write_text(start(frame.settings.lang).format_map(names), encoding="utf-8")
        test.write_text(TEST.format_map(names), encoding="utf-8")
    except OSError as error:
        raise BadInput(Text(f"不能写文件:{error.strerror}", f"cannot write: {error.strerror}"), where=str(file)) from None
    screen.emit({"files": [file.name, test.name]}, lambda: None)
    frame.say(Text(f"已写出 {file} 和 {test}", f"wrote {file} and {test}"))
    for label in lacking:
        frame.say(Text(f"请写上{label.zh}名称:文件里标有 {LACKING}", f"write the {label.en} title where the file says {LACKING}"))
    frame.say(Text(f"下一步:duban definitions check {file}", f"next: duban definitions check {file}"))


def _titles(procedure: str, title: str, title_en: str) -> tuple[dict[str, str], list[Text]]:
    """The title in both languages as it stands in the file, and the languages in which nobody gave one: there the id stands, marked."""
    chinese = bool(title_en) or has_chinese(title)
    given = {"zh": title if chinese else "", "en": title_en if chinese else title}
    stands = {"zh": f"程序 {procedure}", "en": f"procedure {procedure}"}
    labels = {
        lang: json.dumps(said or stands[lang], ensure_ascii=False) + ("" if said else f"  # {LACKING}") for lang, said in given.items()
    }
    names = {"zh": Text("中文", "Chinese"), "en": Text("英文", "English")}
    return labels, [names[lang] for lang, said in given.items() if not said]


def start(lang: Lang) -> str:
    """The template with the comments of one language."""
    text = (files("definitions") / "templates" / "procedure.yaml").read_text(encoding="utf-8")
    other = "en" if lang == "zh" else "zh"
    lines = [line.replace(f"#{lang} ", "# ", 1) for line in text.splitlines() if not line.startswith(f"#{other} ")]
    return "\n".join(lines) + "\n"
