"""The sentences that say why: every date, each reading of an unclear word, and where a date comes from that a change did not move."""

from __future__ import annotations

from tests.play import Play
from workflow.explain import why


def lines(play: Play, duty: str, lang: str = "zh") -> list[str]:
    row = play.row(duty)
    standing = play.engine.case(play.case)
    found = why(row, standing.case, play.engine.world(standing), play.engine.ledger(play.case))
    return [line.strip() for line in found.lines("zh" if lang == "zh" else "en")]


def test_every_reading_of_an_unclear_word_is_shown_with_its_date() -> None:
    play = Play("medical-dispute").at("09-24 10:20")
    play.open("relations", {"handling": "complex"})
    play.fire("relations", "accept")
    said = lines(play, "feedback")
    assert "读法  5 日,自受理投诉起算 → 2026-09-29(周二)24:00" in said
    assert "读法  5 个工作日,自受理投诉起算 → 2026-10-09(周五)24:00" in said
    assert "reading  5 working days, from: accept the complaint → 2026-10-09 (Fri) 24:00" in lines(play, "feedback", "en")


def test_a_shorter_term_is_explained_from_the_day_of_the_change() -> None:
    play = Play("probe").at("09-24 10:00")
    play.open("desk", {"kind": "a"})
    play.at("09-28 10:00").revise("boss", kind="b")
    said = lines(play, "shrink")
    assert said[0].endswith("截止 2026-09-30(周三)24:00")
    assert "起算  2026-09-28 10:00,当日不计" in said and "计入  09-29  09-30" in said
    assert "原定  2026-10-04(周日)24:00  [起算 #1]" in said
    assert any("不使已过去的时间成为迟延" in line for line in said)


def test_a_date_that_a_shorter_term_left_standing_is_explained_as_it_was_counted() -> None:
    play = Play("probe").at("09-24 10:00")
    play.open("desk", {"kind": "a"})
    play.at("10-04 10:00").revise("boss", kind="b")  # two days from now would be 10-06: the old date is earlier and stands
    said = lines(play, "shrink")
    assert said[0].endswith("截止 2026-10-04(周日)24:00")
    assert (
        "起算  2026-09-24 10:00,当日不计" in said and "计入  09-25  09-26  09-27  09-28  09-29  09-30  10-01  10-02  10-03  10-04" in said
    )
