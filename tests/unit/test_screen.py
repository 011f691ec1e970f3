"""What people see: columns that line up with Chinese text, and nothing cut off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from rich.cells import cell_len

from adapters.commands import frame, screen
from workflow.text import Text

ROWS = [
    ["反馈处理情况和处理意见", "2026-10-15(周四)24:00", "按时"],
    ["seal the evidence", "2026-09-24 (Thu) 10:20", "迟延 12分钟"],
    ["封存 seal①", "—", "未完成"],
]
HEADINGS = (Text("义务", "duty"), Text("期限", "due"), Text("结果", "outcome"))


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("lang", "zh"), ("json", False), ("color", True)):
        monkeypatch.setattr(frame.settings, name, value)


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_columns_line_up_with_chinese_text(capsys: pytest.CaptureFixture[str]) -> None:
    screen.table(HEADINGS, ROWS)
    lines = printed(capsys)[1:]
    starts = [
        {cell_len(line[: line.index(cell)]) for line, row in zip(lines, ROWS, strict=True) for cell in [row[column]]} for column in range(3)
    ]
    assert [len(s) for s in starts] == [1, 1, 1]


@pytest.mark.parametrize("width", [20, 37, 52, 69, 80])
def test_a_narrow_table_folds_and_loses_nothing(width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen, "WIDTH", width)
    long = "查看一个程序:角色、事件、义务与依据 / roles, events, duties and their basis " + "2026-09-29(周二)24:00"
    screen.table((Text("说明", "remark"),), [[long]])
    lines = printed(capsys)
    assert all(cell_len(line) <= width for line in lines)
    assert "".join(lines[1:]).replace(" ", "") == long.replace(" ", "")


def test_what_people_wrote_is_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    written = "[bold]封[/red] :warning: [/]"
    screen.table((Text("说明", "remark"),), [[written]])
    screen.console().print(written)
    assert printed(capsys)[1:] == [written, written]


def test_no_colour_codes_where_no_terminal_is(capsys: pytest.CaptureFixture[str]) -> None:
    now = datetime(2026, 9, 29, 8, tzinfo=UTC)
    screen.table((Text("还有", "left"),), [[screen.countdown(now - timedelta(hours=1), now)]])
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("left", "said", "style"),
    [
        (timedelta(minutes=-12), "已逾期 12分钟", "bold red"),
        (timedelta(minutes=59), "还有 59分钟", "red"),
        (timedelta(hours=3), "还有 3小时", "yellow"),
        (timedelta(days=2), "还有 2天", "green"),
        (timedelta(0), "还有 0秒", "red"),
    ],
)
def test_the_countdown_says_and_colours_how_near_it_is(left: timedelta, said: str, style: str) -> None:
    now = datetime(2026, 9, 29, 8, tzinfo=UTC)
    shown = screen.countdown(now + left, now)
    assert (shown.plain, str(shown.style)) == (said, style)


def test_local_time_shows_seconds_only_where_there_are_some() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    assert screen.local(datetime(2026, 9, 24, 2, 20, tzinfo=UTC), zone) == "2026-09-24 10:20"
    assert screen.local(datetime(2026, 9, 24, 2, 20, 5, tzinfo=UTC), zone) == "2026-09-24 10:20:05"


def test_with_json_data_is_canonical_and_nothing_is_drawn(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame.settings, "json", True)
    screen.emit({"结果": "按时", "a": [1, None]}, lambda: pytest.fail("drawn"))
    assert capsys.readouterr().out == '{"a":[1,null],"结果":"按时"}\n'
