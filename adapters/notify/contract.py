"""The contract of a channel, as tests: derive a class, say how to make your channel and what it delivered, and run pytest.

    class TestMyChannel(ChannelContract):
        to = "13800000000"

        def make(self, path: Path) -> Channel:
            return channel("mine", {"kind": "mine", "device": str(path / "device")})

        def delivered(self) -> list[str]:
            return [...]  # the texts that came out at the other end, oldest first

``make`` is called once a test, with a directory of its own, for a channel whose service takes everything. ``failing`` makes one whose
service does not: override it where you can play that service.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Literal

import pytest

from adapters.notify.kind import Channel
from workflow.letter import Accepted, Letter, Rejected, Result, Throttled, Unknown

Failure = Literal["down", "hangs", "garbage", "closes", "refuses", "busy"]
SUBJECT = "【督办】终报逾期"
BODY = "案件 2026-0924-01 的终报应于 09-30 24:00 前报送。\n请登录系统处理。"
HOSTILE = {
    "no body": ("只有主题", ""),
    "no subject": ("", "只有正文"),
    "subject of several lines": ("第一行\r\nBcc: someone@example.org\r\n\r\n第二行", "正文"),
    "dots": ("点", ".\n..\n.\r\nMAIL FROM:<x@example.org>\r\n.\r\n"),
    "control characters": ("\x00\x07\x1b[2J标题", "\x1b]0;x\x07正文\u202e反\x1a"),
    "beyond the plane": ("😀👨‍👩‍👧", "𠮷野家 👍🏽 é"),
    "half of a character": ("\ud800", "正文\udfff"),
    "placeholders": ("{to} %s ${HOME} {secret}", "{body} {0} $(id) `id` <b>&amp;</b>"),
    "long": ("长" * 500, "很长的一行" * 4000 + "\n行" * 3000),
}


class ChannelContract(ABC):
    to = ""
    """An address that the service knows."""
    shows_body = True
    """``delivered`` has the whole of a short body."""

    @abstractmethod
    def make(self, path: Path) -> Channel: ...

    @abstractmethod
    def delivered(self) -> list[str]: ...

    def failing(self, path: Path, how: Failure) -> Channel | None:
        """A channel with a timeout of at most a second whose service is not there, hangs, answers what nobody understands, closes the
        connection after it has taken the letter, refuses the letter for good, or wants to be left alone for a while. ``None`` where that
        cannot be.
        """
        return None

    @pytest.fixture
    def channel(self, tmp_path: Path) -> Iterator[Channel]:
        made = self.make(tmp_path)
        yield made
        made.notifier.close()

    def letter(self, n: int = 1, subject: str = SUBJECT, body: str = BODY) -> Letter:
        return Letter(f"{n:024x}", self.to, subject, body, {"messages": [{"id": n, "case": "2026-0924-01"}]})

    def broken(self, path: Path, how: Failure) -> tuple[Result, float]:
        made = self.failing(path, how)
        if made is None:
            pytest.skip(f"a channel of this kind never {how}")
        begun = monotonic()
        try:
            return made.notifier.send(self.letter()), monotonic() - begun
        finally:
            made.notifier.close()

    def test_it_says_what_it_needs(self, channel: Channel) -> None:
        assert channel.needs in ("", "email", "phone", "dingtalk", "wecom", "feishu") or channel.kind not in channel.needs
        assert bool(channel.needs) == bool(self.to)
        assert channel.rate >= 0

    def test_what_is_accepted_arrives_whole(self, channel: Channel) -> None:
        result = channel.notifier.send(self.letter())
        assert isinstance(result, Accepted), result
        (text,) = self.delivered()
        assert "终报逾期" in text
        if self.shows_body:
            assert "2026-0924-01" in text and "请登录系统处理。" in text

    def test_each_letter_arrives_once(self, channel: Channel) -> None:
        results = [channel.notifier.send(self.letter(n, f"第 {n} 封")) for n in (1, 2, 3)]
        assert [type(r) for r in results] == [Accepted] * 3
        assert [next(n for n in (1, 2, 3) if f"第 {n} 封" in text) for text in self.delivered()] == [1, 2, 3]

    def test_the_same_letter_may_be_sent_again(self, channel: Channel) -> None:
        first = channel.notifier.send(self.letter())
        again = channel.notifier.send(replace(self.letter(), doubtful=True))
        assert isinstance(first, Accepted) and isinstance(again, Accepted)

    def test_without_an_address_nothing_is_sent(self, channel: Channel) -> None:
        if not channel.needs:
            pytest.skip("it has a place of its own")
        result = channel.notifier.send(replace(self.letter(), to=" "))
        assert isinstance(result, Rejected) and result.permanent
        assert self.delivered() == []

    @pytest.mark.parametrize("what", sorted(HOSTILE))
    def test_no_letter_makes_it_fail(self, channel: Channel, what: str) -> None:
        subject, body = HOSTILE[what]
        result = channel.notifier.send(self.letter(1, subject, body))
        assert isinstance(result, Accepted), result
        assert len(self.delivered()) >= 1

    @pytest.mark.parametrize("address", ["x\r\ny", "a,b", "../../etc/passwd", "x" * 5000, "$(id)", "甲", "\x00", "\ud800", "|id", "-oX"])
    def test_no_address_makes_it_fail(self, channel: Channel, address: str) -> None:
        if not channel.needs:
            pytest.skip("it has a place of its own")
        result = channel.notifier.send(replace(self.letter(), to=address))
        assert isinstance(result, Accepted | Rejected | Throttled | Unknown)

    def test_it_can_be_closed_twice(self, channel: Channel) -> None:
        channel.notifier.close()
        channel.notifier.close()

    def test_a_service_that_is_not_there_was_sent_nothing(self, tmp_path: Path) -> None:
        result, _ = self.broken(tmp_path, "down")
        assert isinstance(result, Rejected) and not result.permanent, result

    def test_a_service_that_hangs_is_left_in_time(self, tmp_path: Path) -> None:
        result, seconds = self.broken(tmp_path, "hangs")
        assert isinstance(result, Unknown) or (isinstance(result, Rejected) and not result.permanent), result
        assert seconds < 5

    def test_an_answer_that_nobody_understands_is_no_acceptance(self, tmp_path: Path) -> None:
        result, _ = self.broken(tmp_path, "garbage")
        assert isinstance(result, Unknown) or (isinstance(result, Rejected) and not result.permanent), result

    def test_a_connection_that_breaks_after_the_letter_is_unknown(self, tmp_path: Path) -> None:
        result, _ = self.broken(tmp_path, "closes")
        assert isinstance(result, Unknown), result

    def test_a_refusal_is_for_good(self, tmp_path: Path) -> None:
        result, _ = self.broken(tmp_path, "refuses")
        assert isinstance(result, Rejected) and result.permanent and result.code, result

    def test_a_busy_service_is_asked_again_later(self, tmp_path: Path) -> None:
        result, _ = self.broken(tmp_path, "busy")
        assert (isinstance(result, Throttled) and result.seconds >= 1) or (isinstance(result, Rejected) and not result.permanent), result

    @pytest.mark.parametrize("how", ["down", "garbage", "closes", "refuses", "busy"])
    def test_what_it_says_names_nobody(self, tmp_path: Path, how: Failure) -> None:
        if not self.to:
            pytest.skip("it has a place of its own")
        assert self.to not in repr(self.broken(tmp_path, how)[0])
