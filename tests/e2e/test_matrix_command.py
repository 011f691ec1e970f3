"""``duban matrix`` as an office runs it."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Cli
from tests.scenes import staged

PLAN = ("--as", "plan_owner", "--fact", "kind=special", "--fact", "class=mass")
COURSE = (
    ("送审", "--as", "plan_owner"),
    ("评审通过", "--as", "plan_reviewer", "--element", "评审意见=同意"),
    ("签发", "--as", "plan_issuer", "--element", "防范措施=a", "--element", "处置程序=b"),
    ("生效", "--as", "plan_issuer", "--fact", "版本号=1"),
)


@pytest.fixture
def planned(empty: Cli) -> Cli:
    """A plan in force in one of the villages of the example town."""

    def play() -> None:
        empty("org", "load", "town")
        empty("open", "contingency-plan", "专项预案", "中庄村", "村应急办", "--unit", "zhongzhuang", "--id", "P-1", *PLAN)
        for event, *more in COURSE:
            empty("fire", "P-1", event, *more)

    staged("a plan in force", empty.db, play)
    return empty


ASKED = ("matrix", "contingency-plan", "--columns", "kind", "--level", "village", "--state", "有现行版本")


def test_villages_and_kinds_with_their_gaps(planned: Cli) -> None:
    said = planned(*ASKED, "--json").json
    (cell,) = (x for x in said["cells"] if x["there"])
    assert (cell["row"], cell["column"], cell["there"]) == ("zhongzhuang", "special", ["P-1"])
    assert {"row": "xiazhuang", "column": "special"} in said["gaps"]
    assert len(said["gaps"]) == 2 * 5 - 1


def test_what_the_plans_in_force_lack(planned: Cli) -> None:
    words = ("--open", "编制操作手册", "--without", "完成演练", "--from", "2026-01-01")
    said = planned(*ASKED, *words, "--json").json
    assert (said["open"], said["without"]) == ({"manual": ["P-1"]}, {"drilled": ["P-1"]})
    shown = planned(*ASKED, *words).out
    assert "未了  编制操作手册:P-1" in shown and "没有  完成演练(2026-01-01 起):P-1" in shown


def test_the_table_is_read_in_either_language(planned: Cli) -> None:
    zh, en = planned(*ASKED).out, planned(*ASKED, lang="en").out
    assert "缺  下庄村:总体预案、专项预案、部门预案、重大活动预案、基层预案" in zh
    assert "gap  Xiazhuang village: overall plan, special plan, department plan, plan for a major event, grass-roots plan" in en
    assert "1/1" in zh and "1/1" in en


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--columns", "name"), 2),
        (("--columns", "kind", "--level", "county"), 2),
        (("--columns", "kind", "--rows", "class", "--level", "village"), 2),
        (("--columns", "kind", "--from", "2026-01-01"), 2),
        (("--columns", "kind", "--only", "nothing"), 2),
    ],
)
def test_what_cannot_be_asked_is_refused(planned: Cli, words: tuple[str, ...], code: int) -> None:
    assert planned("matrix", "contingency-plan", *words, "--json", code=code).error["error"] == "input.bad"


def test_a_state_that_is_none_is_named_with_those_that_there_are(planned: Cli) -> None:
    said = planned("matrix", "contingency-plan", "--columns", "kind", "--state", "生效中", "--json", code=None)
    assert said.code != 0 and "in_force" in said.error["hint"]
