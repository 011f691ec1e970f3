"""SMS: a gateway that is described in the table, and a modem on a pseudo-terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from adapters.notify.catalogue import channel
from adapters.notify.contract import BODY, SUBJECT, ChannelContract, Failure
from adapters.notify.kind import Channel
from adapters.notify.pdu import submit
from tests.modem import Message, Modem, decoded
from tests.services import Answer, Gateway
from workflow.errors import ConfigError
from workflow.letter import Accepted, Letter, Rejected, Result, Throttled, Unknown

LETTER = Letter("0f1e2d3c" * 3, "13812345678", SUBJECT, BODY)
FORM = ["account=office", "pswd={password}", "mobile={to}", "msg={text}", "uid={id}"]
JUDGED = {
    "success": ["code == 0"],
    "throttled": ["code == 108"],
    "temporary": ["code in [-1, 500]"],
    "id": "data.id",
    "code": "code",
    "message": "msg",
}


def gateway(address: str, **options: Any) -> Channel:
    table: dict[str, Any] = {"kind": "sms-http", "url": f"{address}/send", "timeout": 5} | JUDGED
    if "body" not in options:
        table["fields"] = FORM
    return channel("sms", table | options, {"password": "p&ss=wörd", "token": 'tok"en', "secret": "s"}.get)


@pytest.fixture
def service() -> Iterator[Gateway]:
    with Gateway() as found:
        yield found


class TestGatewayContract(ChannelContract):
    to = "13812345678"

    @pytest.fixture(autouse=True)
    def playing(self) -> Iterator[None]:
        with Gateway() as self._gateway:
            yield

    def make(self, path: Path) -> Channel:
        return gateway(self._gateway.url)

    def delivered(self) -> list[str]:
        return [parse_qs(asked.body.decode())["msg"][0] for asked in self._gateway.asked]

    def failing(self, path: Path, how: Failure) -> Channel | None:
        if how == "down":
            return gateway("http://localhost:9", timeout=1)
        answers = {
            "garbage": Answer(b"<html>\xff"),
            "refuses": Answer({"code": 110, "msg": "号码 13812345678 在黑名单"}),
            "busy": Answer({"code": 108, "msg": "请求过快"}),
        }
        self._gateway.mode = answers.get(how, how)
        return gateway(self._gateway.url, timeout=1)


class TestModemContract(ChannelContract):
    to = "+8613812345678"

    @pytest.fixture(autouse=True)
    def modems(self) -> Iterator[None]:
        with ExitStack() as self._stack:
            yield

    def make(self, path: Path) -> Channel:
        self._modem = self._stack.enter_context(Modem())
        return modem(self._modem)

    def delivered(self) -> list[str]:
        return [m.text for m in self._modem.messages()]

    def failing(self, path: Path, how: Failure) -> Channel | None:
        if how == "down":
            return channel("sms", {"kind": "sms-modem", "device": str(path / "ttyUSB0")})
        answers = {"hangs": "hang", "garbage": "?%&", "closes": "gone", "refuses": "+CMS ERROR: 1", "busy": "+CMS ERROR: 42"}
        return modem(self._stack.enter_context(Modem({"PDU": answers[how]})), timeout=2)


def modem(found: Modem, secret: str | None = None, **options: Any) -> Channel:
    return channel("sms", {"kind": "sms-modem", "device": found.device, "timeout": 10} | options, {"pin": secret}.get)


# the gateway


def test_fields_go_as_a_form_and_with_get_into_the_address(service: Gateway) -> None:
    for method in ("POST", "GET"):
        assert gateway(service.url, method=method).notifier.send(LETTER) == Accepted("gw-1")
    post, get = service.asked
    sent = parse_qs(post.body.decode(), strict_parsing=True)
    wanted = {"account": ["office"], "pswd": ["p&ss=wörd"], "mobile": ["13812345678"], "msg": [f"{SUBJECT}\n{BODY}"], "uid": [LETTER.id]}
    assert sent == wanted and post.headers["content-type"] == "application/x-www-form-urlencoded"
    assert {k: v.replace("+", " ") for k, v in get.query.items()} == {k: v[0] for k, v in wanted.items()} and get.body == b""


def test_a_body_is_escaped_as_its_type_asks(service: Gateway) -> None:
    letter = replace(LETTER, subject="", body='他说:"<立即>" & {to} {token}')
    gateway(service.url, body='{"to": "{to}", "auth": "{token}", "text": "{text}"}').notifier.send(letter)
    assert service.asked[0].json == {"to": LETTER.to, "auth": 'tok"en', "text": letter.body}
    gateway(service.url, body="<sms><text>{text}</text></sms>", content_type="text/xml").notifier.send(letter)
    assert service.asked[1].body.decode() == f"<sms><text>{'他说:&quot;&lt;立即&gt;&quot; &amp; {to} {token}'}</text></sms>"


def test_headers_have_placeholders_too(service: Gateway) -> None:
    gateway(service.url, headers=["Authorization: Bearer {secret}", "X-Id:{id}"]).notifier.send(LETTER)
    assert service.asked[0].headers["authorization"] == "Bearer s" and service.asked[0].headers["x-id"] == LETTER.id


def test_a_gateway_that_knows_only_gb18030_is_spoken_to_in_it(service: Gateway) -> None:
    service.good = Answer("结果:成功 20261125".encode("gb18030"))
    sent = gateway(service.url, encoding="gb18030", success=['text starts "结果:成功"'], id="text")
    assert sent.notifier.send(LETTER) == Accepted("结果:成功 20261125")
    assert parse_qs(service.asked[0].body.decode(), encoding="gb18030")["msg"] == [f"{SUBJECT}\n{BODY}"]


@pytest.mark.parametrize(
    ("success", "body", "taken"),
    [
        (["code == 0"], {"code": 0}, True),
        (["code == 0"], {"code": "0"}, True),
        (['code == "0"'], {"code": 0}, True),
        (["code == 0"], {"code": 1}, False),
        (["code == 0"], {"code": False}, False),
        (["ok == true"], {"ok": True}, True),
        (["ok == true"], {"ok": 1}, False),
        (['status in ["sent", "queued"]'], {"status": "queued"}, True),
        (['status in ["sent", "queued"]'], {"status": "que"}, False),
        (['data.0.state != "FAIL"'], {"data": [{"state": "OK"}]}, True),
        (['data.0.state != "FAIL"'], {"data": []}, False),
        (["code == 0", "data.fails == 0"], {"code": 0, "data": {"fails": 1}}, False),
        (['text contains "<code>0</code>"'], b"<r><code>0</code></r>", True),
        (["http == 200"], b"", True),
        (["__class__ == 0"], {"code": 0}, False),
    ],
)
def test_what_is_a_success_is_said_in_the_table(service: Gateway, success: list[str], body: Any, taken: bool) -> None:
    service.mode = Answer(body)
    result = gateway(service.url, success=success).notifier.send(LETTER)
    assert isinstance(result, Accepted) == taken


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (Answer({"code": 108, "msg": "过快"}), Throttled(60, "108", "过快")),
        (Answer({"code": 108, "msg": "过快"}, 200, {"Retry-After": "9"}), Throttled(9, "108", "过快")),
        (Answer({"code": 500, "msg": "忙"}), Rejected("500", "忙", permanent=False)),
        (Answer({"code": 103, "msg": "余额不足"}), Rejected("103", "余额不足")),
        (Answer({"msg": "?"}), Unknown("the answer has nothing at code")),
        (Answer([1]), Unknown("the answer has nothing at code")),
        (Answer(b"", 404), Rejected("404", "HTTP 404")),
        (Answer({"code": 0}, 500), Rejected("500", "HTTP 500", permanent=False)),
    ],
)
def test_what_the_answers_of_a_gateway_mean(service: Gateway, answer: Answer, result: Result) -> None:
    service.mode = answer
    assert gateway(service.url).notifier.send(LETTER) == result


def test_a_long_text_is_shortened(service: Gateway) -> None:
    gateway(service.url, longest=20).notifier.send(LETTER)
    (text,) = parse_qs(service.asked[0].body.decode())["msg"]
    assert len(text) == 20 and text.endswith("…")


@pytest.mark.parametrize(("to", "sent"), [("138 1234-5678", "13812345678"), ("+86 (138) 12345678", "+8613812345678"), ("12a", None)])
def test_a_number_is_cleaned_or_refused(service: Gateway, to: str, sent: str | None) -> None:
    gateway(service.url).notifier.send(replace(LETTER, to=to))
    assert [parse_qs(asked.body.decode())["mobile"][0] for asked in service.asked] == ([sent] if sent else [])


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"success": []}, "success"),
        ({"success": ["code = 0"]}, "code == 0"),
        ({"success": ["__import__('os') == 0"]}, "not a condition"),
        ({"success": ["code == {}"]}, "not a condition"),
        ({"success": ["code in 0"]}, "not a condition"),
        ({"fields": []}, "either fields or body"),
        ({"fields": ["mobile"]}, "NAME=VALUE"),
        ({"headers": ["Auth\r\n: x"]}, "NAME:VALUE"),
        ({"fields": ["a={tel}"]}, "{to}"),
        ({"fields": ["a={key}"]}, "channels.sms.key_file"),
        ({"body": "x", "fields": [], "method": "GET"}, "no body"),
        ({"url": "gw.example.org/send"}, "channels.sms.url"),
    ],
)
def test_a_description_that_cannot_be_used_is_refused(options: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError) as e:
        gateway("http://localhost:9", **options)
    assert named in e.value.say("en")


# the modem


def test_a_letter_in_parts_is_put_together_by_the_telephone() -> None:
    with Modem(chatter=True) as found:
        text = "很长的通知😀" * 30
        assert modem(found, parts=9).notifier.send(replace(LETTER, body=text)) == Accepted("41,42,43,44")
        assert found.messages() == [Message("13812345678", f"{SUBJECT}\n{text}")]
        assert modem(found, parts=2).notifier.send(replace(LETTER, body=text)) == Accepted("45,46")
        assert found.messages()[1].text.endswith("…") and len(found.messages()[1].text) > 100


def test_a_known_message_in_hexadecimal() -> None:
    pdu, length = submit("+8613812345678", "你好", centre="+8613800100500")
    assert pdu == "0891683108100005F011000D91683118325476F80008A7044F60597D"
    assert length == len(pdu) // 2 - 9
    assert decoded(pdu) == ("+8613812345678", "你好", None)


@pytest.mark.parametrize(
    ("code", "result"),
    [
        ("+CMS ERROR: 1", Rejected("cms1", "+CMS ERROR: 1")),
        ("+CMS ERROR: 38", Rejected("cms38", "+CMS ERROR: 38", permanent=False)),
        ("+CMS ERROR: 42", Throttled(60, "cms42", "the network is crowded")),
        ("+CMS ERROR: 500", Unknown("+CMS ERROR: 500")),
        ("+CMS ERROR: 332", Unknown("+CMS ERROR: 332")),
        ("+CMS ERROR: SIM busy", Rejected("modem", "+CMS ERROR: SIM busy", permanent=False)),
        ("ERROR", Rejected("modem", "ERROR", permanent=False)),
    ],
)
@pytest.mark.parametrize("step", ["PDU", "AT+CMGS="])
def test_what_the_codes_of_the_network_mean(step: str, code: str, result: Result) -> None:
    with Modem({step: code}) as found:
        assert modem(found).notifier.send(LETTER) == result
        assert found.pdus == []


def test_a_second_part_that_fails_leaves_the_letter_half_sent() -> None:
    with Modem({"PDU": []}) as found:
        found.answers["PDU"] = Later(1, "+CMS ERROR: 38")
        result = modem(found).notifier.send(replace(LETTER, body="长" * 100))
        assert isinstance(result, Unknown) and "part 2" in result.message and len(found.pdus) == 1


class Later(list[str]):
    """An answer that is given after some usual ones."""

    def __init__(self, after: int, answer: str) -> None:
        super().__init__([answer])
        self._after = after

    def __bool__(self) -> bool:
        self._after -= 1
        return self._after < 0 and len(self) > 0


def test_a_card_with_a_pin_is_opened_once_and_a_wrong_pin_is_not_tried_again() -> None:
    with Modem(pin="1234") as found:
        result = modem(found).notifier.send(LETTER)
        assert isinstance(result, Rejected) and (result.code, result.permanent) == ("sim", False)
        wrong = modem(found, "9999").notifier
        assert [type(wrong.send(LETTER)) for _ in range(3)] == [Rejected] * 3
        assert found.pins == ["9999"]
        right = modem(found, "1234").notifier
        assert [type(right.send(LETTER)) for _ in range(2)] == [Accepted] * 2
        assert found.pins == ["9999", "1234"]


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({"AT": "hang"}, "modem"),
        ({"AT+CPIN?": "+CME ERROR: 10"}, "sim"),
        ({"AT+CPIN?": "+CPIN: SIM PUK\r\n\r\nOK"}, "sim"),
        ({"AT+CREG?": "+CREG: 0,3\r\n\r\nOK"}, "network"),
        ({"AT+CREG?": "+CREG: 0,2\r\n\r\nOK"}, "network"),
        ({"AT+CMGS=": "hang"}, "modem"),
        ({"AT+CMGS=": "gone"}, "device"),
    ],
)
def test_what_fails_before_the_message_went_out_is_tried_again(answers: dict[str, Any], code: str) -> None:
    with Modem(answers) as found:
        result = modem(found, timeout=3).notifier.send(LETTER)
        assert isinstance(result, Rejected) and (result.code, result.permanent) == (code, False), result
        assert found.pdus == []


def test_a_modem_that_finds_its_network_late_sends() -> None:
    with Modem({"AT+CREG?": ["+CREG: 0,2\r\n\r\nOK"]}) as found:
        assert isinstance(modem(found).notifier.send(LETTER), Accepted)


def test_a_modem_that_hangs_with_the_message_may_have_sent_it() -> None:
    with Modem({"PDU": "hang"}) as found:
        assert isinstance(modem(found, timeout=1.5).notifier.send(LETTER), Unknown)


def test_no_text_reaches_the_modem_as_a_command() -> None:
    with Modem() as found:
        modem(found).notifier.send(replace(LETTER, body="\x1a\r\nATD110;\r\n\x1b"))
        assert not any("ATD" in command for command in found.commands) and len(found.messages()) == 1
        for to in ("138\r\nATD110;", "138,1", "+"):
            assert isinstance(modem(found).notifier.send(replace(LETTER, to=to)), Rejected)


def test_the_answers_of_the_modem_name_nobody() -> None:
    with Modem({"PDU": f"+CMS ERROR: to {LETTER.to} no"}) as found:
        assert LETTER.to not in json.dumps(repr(modem(found).notifier.send(LETTER)))
