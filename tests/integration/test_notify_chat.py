"""DingTalk, WeCom and Feishu against loopback services that answer as the real ones do, error bodies under HTTP 200 included."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from adapters.notify.catalogue import channel
from adapters.notify.contract import BODY, SUBJECT, ChannelContract, Failure
from adapters.notify.kind import Channel
from tests.services import Answer, Dingtalk, Feishu, Service, Wecom, talk
from tests.smtp import Authority
from workflow.errors import ConfigError
from workflow.letter import Accepted, Letter, Rejected, Throttled, Unknown

LETTER = Letter("0f1e2d3c" * 3, "", SUBJECT, BODY)
LONG = "第一行,请立即报送。\n" * 300

PLAYS: dict[str, tuple[type[Service], dict[str, Any], dict[str, str], str]] = {
    "dingtalk-robot": (Dingtalk, {"keyword": "督办"}, {"token": Dingtalk.robot, "secret": Dingtalk.secret}, ""),
    "dingtalk-app": (
        Dingtalk,
        {"client_id": Dingtalk.key, "agent_id": Dingtalk.agent},
        {"app_secret": Dingtalk.app_secret},
        Dingtalk.users[0],
    ),
    "wecom-robot": (Wecom, {}, {"key": Wecom.robot}, ""),
    "wecom-app": (Wecom, {"corp_id": Wecom.corp, "agent_id": Wecom.agent}, {"corp_secret": Wecom.corp_secret}, Wecom.users[0]),
    "feishu-robot": (Feishu, {}, {"token": Feishu.robot, "secret": Feishu.secret}, ""),
    "feishu-app": (Feishu, {"app_id": Feishu.app, "id_type": "open_id"}, {"app_secret": Feishu.app_secret}, Feishu.users[0]),
}
"""By kind: who plays it, options, secrets, an address that it knows."""


def made(kind: str, url: str, secrets: Mapping[str, str] | None = None, **options: Any) -> Channel:
    _, usual, known, _ = PLAYS[kind]
    table = {"kind": kind, "base_url": url, "timeout": 5} | usual | options
    return channel(kind, table, (known | dict(secrets or {})).get)


@pytest.fixture(params=sorted(PLAYS))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def service(kind: str) -> Iterator[Any]:
    with PLAYS[kind][0]() as found:
        yield found


@pytest.fixture
def letter(kind: str) -> Letter:
    return replace(LETTER, to=PLAYS[kind][3])


class ChatContract(ChannelContract):
    kind: ClassVar[str]
    refusal: ClassVar[Answer]
    busy: ClassVar[Answer]

    @pytest.fixture(autouse=True)
    def playing(self) -> Iterator[None]:
        with PLAYS[self.kind][0]() as self._service:
            yield

    def make(self, path: Path) -> Channel:
        return made(self.kind, self._service.url)

    def delivered(self) -> list[str]:
        return list(self._service.texts)

    def failing(self, path: Path, how: Failure) -> Channel | None:
        if how == "down":
            return made(self.kind, "http://localhost:9", timeout=1)
        self._service.only = "send" if self.kind.startswith(("dingtalk", "wecom")) else "/open-apis/bot" if "robot" in self.kind else "/im/"
        answers = {"garbage": Answer(b"<html>\xff"), "refuses": self.refusal, "busy": self.busy}
        self._service.mode = answers.get(how, how)
        return made(self.kind, self._service.url, timeout=1)


class TestDingtalkRobot(ChatContract):
    kind = "dingtalk-robot"
    refusal = Answer({"errcode": 400102, "errmsg": "机器人已停用"})
    busy = Answer({"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"})


class TestDingtalkApp(ChatContract):
    kind = "dingtalk-app"
    to = Dingtalk.users[0]
    refusal = Answer({"errcode": 33012, "errmsg": "无效的USERID manager8888"})
    busy = Answer(talk(90018, "您的服务器调用钉钉开放平台所有接口的请求都被暂时禁用了"))


class TestWecomRobot(ChatContract):
    kind = "wecom-robot"
    refusal = Answer(Wecom._no(93000, "invalid webhook url"))
    busy = Answer(Wecom._no(45009, "api freq out of limit"))


class TestWecomApp(ChatContract):
    kind = "wecom-app"
    to = Wecom.users[0]
    refusal = Answer({"errcode": 0, "errmsg": "ok", "invaliduser": "ZhangSan", "msgid": "x"})
    busy = Answer(Wecom._no(45033, "api concurrent out of limit"))


class TestFeishuRobot(ChatContract):
    kind = "feishu-robot"
    refusal = Answer({"code": 19024, "data": {}, "msg": "Key Words Not Found"})
    busy = Answer({"code": 11232, "data": {}, "msg": "frequency limited psm[lark.oapi.app_platform_runtime]appID[1500]"})


class TestFeishuApp(ChatContract):
    kind = "feishu-app"
    to = Feishu.users[0]
    refusal = Answer({"code": 230013, "msg": "Bot has NO availability to this user ou_4f2a."}, 400)
    busy = Answer({"code": 99991400, "msg": "request trigger frequency limit"}, 400, {"x-ogw-ratelimit-reset": "7"})


del ChatContract


def test_an_error_body_under_http_200_is_no_acceptance(kind: str, service: Service, letter: Letter) -> None:
    for body in ({"errcode": 310000, "errmsg": "no"}, {"errcode": 40058}, {"code": 19021, "msg": "no"}, {"ok": True}, [], 0, ""):
        service.mode = Answer(body)
        assert not isinstance(made(kind, service.url).notifier.send(letter), Accepted), body


def test_a_success_under_an_error_status_is_no_acceptance(kind: str, service: Service, letter: Letter) -> None:
    good = {"errcode": 0, "errmsg": "ok", "code": 0, "access_token": "t", "tenant_access_token": "t", "expires_in": 7200}
    for status in (302, 400, 401, 429, 500, 502, 503):
        service.mode = Answer(good if status >= 400 else b"", status, {"Location": "/elsewhere"})
        assert not isinstance(made(kind, service.url).notifier.send(letter), Accepted), status
    assert {asked.path for asked in service.asked}.isdisjoint({"/elsewhere"})


def test_an_answer_that_is_cut_off_or_endless_is_unknown(kind: str, service: Service, letter: Letter) -> None:
    service.only = "send" if kind.startswith(("dingtalk", "wecom")) else "/open-apis/bot" if "robot" in kind else "/im/"
    for mode in ("cut", Answer(b'{"errcode": 0, "code": 0, "x": "' + b"x" * 3_000_000 + b'"}')):
        service.mode = mode
        assert isinstance(made(kind, service.url).notifier.send(letter), Unknown)


def test_a_service_that_drips_its_answer_is_left_in_time(kind: str, service: Service, letter: Letter) -> None:
    service.mode = "drips"
    result = made(kind, service.url, timeout=0.5).notifier.send(letter)
    assert isinstance(result, Unknown | Rejected)  # it drips for as long as somebody listens


def test_http_429_says_how_long_to_wait(kind: str, service: Service, letter: Letter) -> None:
    service.mode = Answer(b"slow down", 429, {"Retry-After": "17"})
    assert made(kind, service.url).notifier.send(letter) == Throttled(17, "429")


def test_wrong_secrets_are_refused_for_good_and_not_shown(kind: str, service: Service, letter: Letter) -> None:
    for name in PLAYS[kind][2]:
        result = made(kind, service.url, {name: "not-the-right-one"}).notifier.send(letter)
        assert isinstance(result, Rejected) and result.permanent, result
        assert "not-the-right-one" not in repr(result)


def test_a_channel_without_its_secret_is_not_made(kind: str) -> None:
    options = {"kind": kind, "base_url": "http://localhost:9"} | PLAYS[kind][1]
    with pytest.raises(ConfigError, match=r"_file: must be set"):
        channel("x", options)


def test_an_own_authority_is_trusted_and_no_other(kind: str, letter: Letter, tmp_path: Path) -> None:
    authority = Authority.new(tmp_path)
    with PLAYS[kind][0](authority.context) as service:
        assert isinstance(made(kind, service.url, ca=str(authority.ca)).notifier.send(letter), Accepted)
        asked = len(service.asked)
        result = made(kind, service.url).notifier.send(letter)
        assert isinstance(result, Rejected) and not result.permanent and len(service.asked) == asked


def test_it_goes_over_the_proxy_that_is_set_and_no_other(
    kind: str, service: Service, letter: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://localhost:9")
    monkeypatch.setenv("ALL_PROXY", "http://localhost:9")
    assert isinstance(made(kind, service.url).notifier.send(letter), Accepted)
    made(kind, "http://chat.invalid", proxy=service.url).notifier.send(letter)
    assert service.asked[-1].path.startswith("http://chat.invalid/")
    result = made(kind, service.url, proxy="http://localhost:9").notifier.send(letter)
    assert isinstance(result, Rejected) and not result.permanent


@pytest.mark.parametrize("kind", ["dingtalk-app", "wecom-app", "feishu-app"])
def test_a_token_is_asked_for_once_and_anew_when_it_is_refused(kind: str, service: Any, letter: Letter) -> None:
    notifier = made(kind, service.url).notifier
    assert [type(notifier.send(replace(letter, id=f"{n:024x}"))) for n in range(3)] == [Accepted] * 3
    assert service.tokens == 1
    service.expired = True
    assert isinstance(notifier.send(replace(letter, id="f" * 24)), Accepted)
    assert service.tokens == 2 and len(service.texts) == 4


@pytest.mark.parametrize("kind", ["dingtalk-app", "wecom-app", "feishu-app"])
def test_a_token_that_is_always_refused_is_not_asked_for_for_ever(kind: str, service: Any, letter: Letter) -> None:
    codes = {"dingtalk-app": {"errcode": 40014}, "wecom-app": {"errcode": 40014}, "feishu-app": {"code": 99991663}}
    service.mode, service.only = Answer(codes[kind] | {"errmsg": "no", "msg": "no"}), "/im/" if kind == "feishu-app" else "send"
    result = made(kind, service.url).notifier.send(letter)
    assert isinstance(result, Rejected) and result.code == "token" and service.tokens == 2


@pytest.mark.parametrize("kind", ["dingtalk-app", "wecom-app", "feishu-app"])
def test_a_token_that_cannot_be_had_leaves_nothing_in_doubt(kind: str, service: Any, letter: Letter) -> None:
    for mode in ("hangs", "closes", "cut", Answer(b"?"), Answer({"errcode": 0, "code": 0})):
        service.mode = mode
        result = made(kind, service.url, timeout=0.5).notifier.send(letter)
        assert isinstance(result, Rejected) and not result.permanent, (mode, result)
    assert service.texts == []


@pytest.mark.parametrize("kind", ["dingtalk-app", "wecom-app", "feishu-app"])
def test_an_unknown_person_is_refused_for_good(kind: str, service: Any, letter: Letter) -> None:
    result = made(kind, service.url).notifier.send(replace(letter, to="nobody"))
    assert isinstance(result, Rejected) and result.permanent and service.texts == []


def test_wecom_names_persons_in_small_letters() -> None:
    with Wecom() as service:
        service.mode, service.only = Answer({"errcode": 0, "errmsg": "ok", "unlicenseduser": "lisi|zhangsan", "msgid": "x"}), "send"
        result = made("wecom-app", service.url).notifier.send(replace(LETTER, to="ZhangSan"))
        assert isinstance(result, Rejected) and (result.code, result.permanent) == ("unlicenseduser", True)


@pytest.mark.parametrize("kind", ["dingtalk-app", "wecom-app"])
@pytest.mark.parametrize("to", ["@all", "a,manager8888", "a|zhangsan", "a\nb"])
def test_one_letter_never_goes_to_many(kind: str, service: Any, letter: Letter, to: str) -> None:
    result = made(kind, service.url).notifier.send(replace(letter, to=to))
    assert isinstance(result, Rejected) and result.permanent and service.texts == []


@pytest.mark.parametrize("kind", ["dingtalk-app", "feishu-app"])
def test_the_same_letter_is_shown_once_and_another_with_the_same_words_too(kind: str, service: Any, letter: Letter) -> None:
    notifier = made(kind, service.url).notifier
    results = [notifier.send(x) for x in (letter, letter, replace(letter, id="abcdef" * 4))]
    assert [type(r) for r in results] == [Accepted] * 3
    assert len(service.texts) == 2


@pytest.mark.parametrize("kind", ["wecom-robot", "wecom-app", "dingtalk-app"])
@pytest.mark.parametrize("parts", [1, 2, 9])
def test_a_long_letter_is_cut_by_bytes_and_never_inside_a_character(kind: str, service: Any, letter: Letter, parts: int) -> None:
    result = made(kind, service.url, parts=parts).notifier.send(replace(letter, body=LONG))
    assert isinstance(result, Accepted), result
    assert 1 < len(service.texts) <= parts or parts == len(service.texts) == 1
    assert all(len(t.encode()) <= 2048 and "\ufffd" not in t for t in service.texts)
    if parts == 9:
        said = "".join(re.sub(r"^\(\d/\d\)\n|\n#[0-9a-f]{8}$", "", t) + "\n" for t in service.texts)
        assert said.replace("\n", "") == f"{SUBJECT}{LONG}".replace("\n", "")
    else:
        assert "…" in service.texts[-1]


def test_a_letter_that_is_half_sent_may_have_arrived() -> None:
    class Tiring(Wecom):
        def answer(self, asked: Any) -> Answer:
            return Answer(self._no(45009, "api freq out of limit")) if self.texts else super().answer(asked)

    with Tiring() as service:
        result = made("wecom-robot", service.url).notifier.send(replace(LETTER, body=LONG))
        assert isinstance(result, Unknown) and "part 2" in result.message and len(service.texts) == 1


def test_the_signature_of_dingtalk_is_encoded_exactly_once() -> None:
    with Dingtalk() as service:
        for n in range(40):  # until the base64 of some has each of + / =
            made("dingtalk-robot", service.url, {"secret": f"SEC{n}"}).notifier.send(LETTER)
        signs = [asked.query["sign"] for asked in service.asked]
        assert all(re.fullmatch(r"[A-Za-z0-9+/]{43}=", sign) for sign in signs)
        assert any("+" in s for s in signs) and any("/" in s for s in signs)


def test_a_robot_without_a_secret_sends_no_signature() -> None:
    with Dingtalk() as service, Feishu() as other:
        channel("x", {"kind": "dingtalk-robot", "base_url": service.url}, {"token": "t"}.get).notifier.send(LETTER)
        channel("x", {"kind": "feishu-robot", "base_url": other.url}, {"token": "t"}.get)
        assert set(service.asked[0].query) == {"access_token"}


@pytest.mark.parametrize(("kind", "mentions"), [("dingtalk-robot", {"isAtAll": True}), ("wecom-robot", ["@all"])])
def test_everybody_is_mentioned_only_when_it_is_asked_for(kind: str, service: Any, mentions: object) -> None:
    def found(**options: Any) -> object:
        made(kind, service.url, **options).notifier.send(LETTER)
        said = service.asked[-1].json
        return said["at"] if kind == "dingtalk-robot" else said["text"].get("mentioned_list")

    assert found(at_all=True) == mentions
    assert found() in (None, {"isAtAll": False})


def test_a_keyword_stands_in_every_part_once() -> None:
    with Dingtalk() as service:
        made("dingtalk-robot", service.url, parts=3).notifier.send(replace(LETTER, subject="逾期", body="无" * 12_000))
        made("dingtalk-robot", service.url).notifier.send(LETTER)
        assert len(service.texts) == 4 and all(t.count("督办") == 1 for t in service.texts)


def test_a_robot_that_was_too_fast_waits_ten_minutes() -> None:
    with Dingtalk() as service:
        service.mode = TestDingtalkRobot.busy
        found = made("dingtalk-robot", service.url).notifier.send(LETTER)
        assert isinstance(found, Throttled) and (found.seconds, found.code) == (600, "130101")


def test_the_old_form_of_an_answer_of_feishu_is_understood() -> None:
    with Feishu() as service:
        service.mode = Answer({"StatusCode": 0, "StatusMessage": "success"})
        assert isinstance(made("feishu-robot", service.url).notifier.send(LETTER), Accepted)
        service.mode = Answer({"StatusCode": 19021, "StatusMessage": "sign match fail"})
        assert isinstance(made("feishu-robot", service.url).notifier.send(LETTER), Rejected)


def test_the_ids_that_services_give_are_kept() -> None:
    ids = {"dingtalk-app": "256271667526", "wecom-app": "UfdS2wF7JGGcDyzJ8yKV", "feishu-app": "om_dc13264520392913993dd051dba21dcf"}
    for kind, wanted in ids.items():
        with PLAYS[kind][0]() as service:
            assert made(kind, service.url).notifier.send(replace(LETTER, to=PLAYS[kind][3])) == Accepted(wanted)


def test_chinese_goes_out_as_utf8_in_three_bytes(kind: str, service: Service, letter: Letter) -> None:
    made(kind, service.url).notifier.send(letter)
    assert SUBJECT.encode() in service.asked[-1].body
    assert json.loads(service.asked[-1].body)
