"""E-mail against a real server, with and without TLS, and against servers that refuse, hang, break off and lie at every step."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.notify.catalogue import channel
from adapters.notify.contract import BODY, SUBJECT, ChannelContract, Failure
from adapters.notify.kind import Channel
from tests.smtp import Authority, Mailbox, Scripted
from workflow.errors import ConfigError
from workflow.letter import Accepted, Letter, Rejected, Result, Unknown

LETTER = Letter("0f" * 12, "duty@example.org", SUBJECT, BODY)


def mail(port: int, **options: Any) -> Channel:
    secrets = {"password": options.pop("password", None)}
    table = {"kind": "email", "host": "localhost", "port": port, "tls": "none", "sender": "督办 <duban@example.org>", "timeout": 5}
    return channel("mail", table | options, lambda option: secrets.get(option))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class TestMailContract(ChannelContract):
    to = "duty.officer@example.org"

    @pytest.fixture(autouse=True)
    def servers(self) -> Iterator[None]:
        with ExitStack() as self._stack:
            yield

    def make(self, path: Path) -> Channel:
        self._mailbox = self._stack.enter_context(Mailbox())
        return mail(self._mailbox.port)

    def delivered(self) -> list[str]:
        return self._mailbox.texts()

    def failing(self, path: Path, how: Failure) -> Channel | None:
        if how == "down":
            return mail(free_port(), timeout=1)
        steps = {
            "hangs": {"text": "hang"},
            "garbage": {"text": "\udcff\udcfeHTTP/1.1 200 OK"},
            "closes": {"text": "close"},
            "refuses": {"RCPT": f"550 5.1.1 <{self.to}>: unknown user"},
            "busy": {"MAIL": "450 4.7.1 too many messages, slow down"},
        }
        return mail(self._stack.enter_context(Scripted(steps[how])).port, timeout=1)


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
@pytest.mark.parametrize("tls", ["none", "starttls", "tls"])
@pytest.mark.parametrize("user", ["", "duban"])
def test_it_is_delivered_over_every_kind_of_line_with_and_without_login(tmp_path: Path, tls: str, user: str) -> None:
    authority = Authority.new(tmp_path)
    with Mailbox(tls, authority, user, "pass word 口令") as box:
        sent = mail(box.port, tls=tls, ca=str(authority.ca), user=user, password="pass word 口令").notifier.send(LETTER)
        assert sent == Accepted("4X000001")
        (message,) = box.received
        assert message["Subject"] == SUBJECT
        assert message.get_content().rstrip("\n") == BODY
        assert message["From"] == "督办 <duban@example.org>" and message["To"] == "duty@example.org"
        assert box.envelopes == [("duban@example.org", ["duty@example.org"])]


def test_what_goes_over_the_line_is_ascii_with_the_id_of_the_letter_as_message_id() -> None:
    with Mailbox() as box:
        for doubtful in (False, True):
            mail(box.port).notifier.send(replace(LETTER, doubtful=doubtful))
        first, again = box.received
        assert box.raw[0].isascii() and max(len(line) for line in box.raw[0].split(b"\r\n")) <= 78
        assert first["Message-ID"] == again["Message-ID"] == f"<{LETTER.id}@example.org>"
        assert (first["X-Duban-Possible-Duplicate"], again["X-Duban-Possible-Duplicate"]) == (None, "yes")
        assert first["Auto-Submitted"] == "auto-generated"
        assert re.fullmatch(r"\w{3}, \d{2} \w{3} \d{4} [\d:]{8} [+-]\d{4}", first["Date"])


def test_a_server_whose_certificate_nobody_vouches_for_gets_nothing(tmp_path: Path) -> None:
    for tls in ("starttls", "tls"):
        with Mailbox(tls, Authority.new(tmp_path / tls)) as box:
            result = mail(box.port, tls=tls).notifier.send(LETTER)
            assert isinstance(result, Rejected) and (result.code, result.permanent) == ("tls", False)
            assert box.received == []


def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    authority = Authority.new(tmp_path, "elsewhere.example.org")
    for tls in ("starttls", "tls"):
        with Mailbox(tls, authority) as box:
            result = mail(box.port, tls=tls, ca=str(authority.ca)).notifier.send(LETTER)
            assert isinstance(result, Rejected) and result.code == "tls" and box.received == []


def test_a_server_that_offers_no_tls_gets_nothing_in_clear() -> None:
    with Mailbox() as box:
        result = mail(box.port, tls="starttls").notifier.send(LETTER)
        assert isinstance(result, Rejected) and box.received == []


def test_a_wrong_password_is_refused_for_good(tmp_path: Path) -> None:
    authority = Authority.new(tmp_path)
    with Mailbox("starttls", authority, "duban", "right") as box:
        result = mail(box.port, tls="starttls", ca=str(authority.ca), user="duban", password="wrong-one").notifier.send(LETTER)
        assert isinstance(result, Rejected) and (result.code, result.permanent) == ("535", True)
        assert "wrong-one" not in repr(result)


@pytest.mark.parametrize(
    ("step", "answer", "permanent"),
    [
        ("greeting", "421 4.3.2 closing down", False),
        ("greeting", "554 5.7.1 not you", True),
        ("MAIL", "451 4.3.0 local error", False),
        ("MAIL", "530 5.7.0 log in first", True),
        ("RCPT", "450 4.2.0 greylisted", False),
        ("RCPT", "550 5.1.1 no such user", True),
        ("DATA", "452 4.3.1 no room", False),
        ("DATA", "554 5.5.1 no recipients", True),
        ("text", "451 4.7.1 try later", False),
        ("text", "554 5.7.1 looks like spam", True),
    ],
)
def test_4xx_is_for_now_and_5xx_for_good_at_every_step(step: str, answer: str, permanent: bool) -> None:
    with Scripted({step: answer}) as server:
        result = mail(server.port).notifier.send(LETTER)
        assert isinstance(result, Rejected) and (result.code, result.permanent) == (answer[:3], permanent)


@pytest.mark.parametrize("how", ["hang", "close", "drip"])
@pytest.mark.parametrize("step", ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "text"])
def test_only_what_fails_after_the_text_went_out_may_have_arrived(step: str, how: str) -> None:
    steps = {step: how} | ({"HELO": how} if step == "EHLO" else {})
    with Scripted(steps) as server:
        result: Result = mail(server.port, timeout=0.5).notifier.send(LETTER)
        if step == "text":
            assert isinstance(result, Unknown) and server.texts == 1
        else:
            assert isinstance(result, Rejected) and not result.permanent and server.texts == 0


def test_a_name_that_does_not_resolve_is_tried_again() -> None:
    result = mail(25, host="mail.invalid").notifier.send(LETTER)
    assert isinstance(result, Rejected) and not result.permanent


def test_a_chinese_address_goes_out_where_the_server_takes_it() -> None:
    with Mailbox() as box, Scripted({}) as old:
        letter = replace(LETTER, to="值班@例子.example")
        assert isinstance(mail(box.port).notifier.send(letter), Accepted)
        assert box.envelopes[0][1] == ["值班@xn--fsqu00a.example"]
        result = mail(old.port).notifier.send(letter)
        assert isinstance(result, Rejected) and result.permanent and old.texts == 0


@pytest.mark.parametrize("to", ["a@b\r\nRCPT TO:<c@d>", "a@b, c@d", "Name <a@b>", "a b@c", "@c", "a@"])
def test_what_is_no_single_address_never_reaches_the_server(to: str) -> None:
    with Mailbox() as box:
        result = mail(box.port).notifier.send(replace(LETTER, to=to))
        assert isinstance(result, Rejected) and result.permanent and box.received == []


def test_a_login_in_clear_is_refused_unless_asked_for() -> None:
    with pytest.raises(ConfigError, match="gives the password away"):
        mail(25, host="mail.example.org", user="duban", password="secret-word")
    mail(25, host="mail.example.org", user="duban", password="secret-word", plain_login=True)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"user": "duban", "tls": "tls"}, "channels.mail.password_file"),
        ({"sender": "nobody"}, "channels.mail.sender"),
        ({"sender": "a@b\r\nBcc: c@d"}, "channels.mail.sender"),
        ({"ca": "/nowhere/ca.pem"}, "channels.mail.ca"),
        ({"tls": "ssl"}, "channels.mail.tls"),
        ({"timeout": 1000}, "channels.mail.timeout"),
    ],
)
def test_options_that_cannot_be_used_are_named(options: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError) as e:
        mail(25, **options)
    assert named in e.value.say("zh") and named in e.value.say("en")
