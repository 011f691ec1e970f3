"""Settings: the nearest source wins and says so, what is not known is refused with its place, secrets stand in files of their own."""

from __future__ import annotations

import copy
import pickle
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.config import model
from adapters.config.layers import layers
from adapters.config.load import Configuration, Origin, examine, load
from adapters.config.secret import Secret, carries_secret, exposed, is_secret, read_secret
from workflow.errors import ConfigError, SecretGiven, UnknownSetting

KEYS = model.keys()
HIDDEN = "hunter2-OPEN-SESAME"


class Place:
    """A machine of its own: a system file, a user file, a working directory with its file."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.system = root / "etc.toml"
        self.user = root / "home/.config/duban/config.toml"
        self.here = root / "duban.toml"
        self.user.parent.mkdir(parents=True)
        self.environment: dict[str, str] = {"HOME": str(root / "home")}

    def load(self, flags: Mapping[str, object] = {}, **more: Any) -> Configuration:
        return load(flags, environment=self.environment, system=self.system, **more)

    def problems(self) -> list[ConfigError]:
        return examine(environment=self.environment, system=self.system)[1]

    def secret(self, name: str, text: str = f"{HIDDEN}\n", mode: int = 0o600) -> Path:
        path = self.root / name
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        return path


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.chdir(tmp_path)
    return Place(tmp_path)


# precedence


def test_without_a_file_every_value_is_the_default(place: Place) -> None:
    found = place.load()
    assert found.settings == model.Settings()
    assert dict(found.origins) == {}
    assert (found.settings.db, found.settings.daemon.interval, found.settings.health.listen) == ("duban.db", 30, "127.0.0.1:8765")


def test_each_source_goes_before_the_one_behind_it(place: Place) -> None:
    seen = [place.load().origin("daemon.interval").kind]
    place.system.write_text("[daemon]\ninterval = 11\n", encoding="utf-8")
    seen.append(place.load().origin("daemon.interval").kind)
    place.user.write_text("[daemon]\ninterval = 12\n", encoding="utf-8")
    seen.append(place.load().origin("daemon.interval").kind)
    place.here.write_text("\n[daemon]\ninterval = 13\n", encoding="utf-8")
    seen.append(place.load().origin("daemon.interval").kind)
    place.environment["DUBAN_DAEMON_INTERVAL"] = "14"
    seen.append(place.load().origin("daemon.interval").kind)
    found = place.load({"daemon.interval": 15})
    seen.append(found.origin("daemon.interval").kind)
    assert seen == ["default", "system", "user", "file", "environment", "flag"]
    assert found.settings.daemon.interval == 15


def test_tables_are_put_together_key_by_key_each_with_its_place(place: Place) -> None:
    place.system.write_text("[daemon]\nbatch = 7\ninterval = 11\n", encoding="utf-8")
    place.here.write_text('lang = "en"\n\n[daemon]\ninterval = 13\n', encoding="utf-8")
    found = place.load()
    assert (found.settings.daemon.batch, found.settings.daemon.interval, found.settings.lang) == (7, 13, "en")
    assert found.origin("daemon.batch") == Origin("system", f"{place.system}:2")
    assert found.origin("daemon.interval") == Origin("file", "duban.toml:4")
    assert found.origin("daemon.budget") == Origin("default")


def test_a_channel_is_taken_whole_from_one_file(place: Place) -> None:
    place.system.write_text('[channels.mail]\nkind = "email"\nhost = "a"\npassword_file = "/etc/p"\n', encoding="utf-8")
    place.here.write_text('[channels.mail]\nkind = "email"\nhost = "b"\n', encoding="utf-8")
    found = place.load()
    assert found.settings.channels["mail"] == {"kind": "email", "host": "b"}
    assert "channels.mail.password_file" not in found.origins


@pytest.mark.parametrize("by", ["option", "variable"])
def test_a_named_file_stands_in_for_the_one_of_the_working_directory(place: Place, by: str) -> None:
    place.here.write_text("[daemon]\nbatch = 1\n", encoding="utf-8")
    other = place.root / "other.toml"
    other.write_text("[daemon]\ninterval = 9\n", encoding="utf-8")
    if by == "variable":
        place.environment["DUBAN_CONFIG"] = str(other)
    found = place.load(config=str(other) if by == "option" else "")
    assert (found.settings.daemon.interval, found.settings.daemon.batch) == (9, 200)


def test_a_named_file_must_be_there(place: Place) -> None:
    with pytest.raises(ConfigError) as caught:
        place.load(config="nowhere.toml")
    assert caught.value.where == "nowhere.toml"


def test_paths_of_a_file_are_relative_to_it(place: Place) -> None:
    folder = place.root / "office"
    folder.mkdir()
    file = folder / "duban.toml"
    text = 'db = "a.db"\n[log]\nfile = "log/duban.log"\n[daemon]\ndefinitions = ["own", "/srv/more"]\n'
    file.write_text(text + '[channels.m]\nkind = "email"\npassword_file = "p"\nca = "ca.pem"\n', encoding="utf-8")
    s = place.load(config=str(file)).settings
    assert (s.db, s.log.file, s.daemon.definitions) == (
        str(folder / "a.db"),
        str(folder / "log/duban.log"),
        (str(folder / "own"), "/srv/more"),
    )
    assert (s.channels["m"]["password_file"], s.channels["m"]["ca"]) == (str(folder / "p"), str(folder / "ca.pem"))


@pytest.mark.parametrize("db", ["postgresql://office@db/duban", "sqlite:///a.db?timeout=1", "memory:"])
def test_a_store_that_is_no_path_stays_as_it_is_written(place: Place, db: str) -> None:
    folder = place.root / "office"
    folder.mkdir()
    (folder / "d.toml").write_text(f'db = "{db}"\n', encoding="utf-8")
    assert place.load(config=str(folder / "d.toml")).settings.db == db


def test_lists_and_truth_come_from_the_environment_too(place: Place) -> None:
    place.here.write_text('[channels.a]\nkind = "console"\n[channels.b]\nkind = "console"\n', encoding="utf-8")
    place.environment |= {
        "DUBAN_NOTIFY_CHANNELS": "b, a",
        "DUBAN_LOG_JSON": "true",
        "DUBAN_LANG": "en_GB.UTF-8",
        "DUBAN_LOG_LEVEL": "debug",
    }
    s = place.load().settings
    assert (s.notify.channels, s.log.as_json, s.lang, s.log.level) == (("b", "a"), True, "en", "DEBUG")


@given(
    st.dictionaries(st.sampled_from(sorted(k for k in KEYS if k.startswith("daemon.") and k != "daemon.definitions")), st.integers(1, 99))
)
def test_every_value_that_is_set_is_found_with_its_line(tmp_path_factory: pytest.TempPathFactory, values: dict[str, int]) -> None:
    path = tmp_path_factory.mktemp("c") / "d.toml"
    lines = ["[daemon]", *(f"{k.partition('.')[2]} = {chr(34) + str(v) + chr(34) if k.endswith('name') else v}" for k, v in values.items())]
    path.write_text("\n".join(lines), encoding="utf-8")
    found = load(config=str(path), environment={}, system=path.parent / "none")
    shown = dict(found.values())
    for number, (key, value) in enumerate(values.items(), 2):
        assert str(shown[key]) == str(value)
        assert found.origin(key) == Origin("file", f"{path}:{number}")


# what is refused


@pytest.mark.parametrize(
    ("text", "line", "near"),
    [
        ('bd = "x"\n', 1, "db"),
        ("[daemon]\nbatch = 3\nintervall = 5\n", 3, "interval"),
        ("[deamon]\ninterval = 5\n", 1, "daemon"),
        ("[ daemon ]\n'intervall' = 5\n", 2, "interval"),
        ("daemon.intervall = 5\n", 1, "interval"),
        ("daemon = {batch = 1, intervall = 5}\n", 1, "interval"),
        ("interval = 5\n", 1, "daemon.interval"),
    ],
)
def test_an_unknown_key_is_refused_with_file_line_and_a_near_one(place: Place, text: str, line: int, near: str) -> None:
    place.here.write_text(text, encoding="utf-8")
    with pytest.raises(UnknownSetting) as caught:
        place.load()
    assert caught.value.where == f"duban.toml:{line}"
    assert caught.value.hint is not None and near in caught.value.hint.zh and near in caught.value.hint.en


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[daemon]\ninterval = 0\n", 2),
        ('[daemon]\ninterval = "soon"\n', 2),
        ("[daemon]\ninterval = inf\n", 2),
        ("daemon = 5\n", 1),
        ('[health]\nlisten = "8765"\n', 2),
        ('[health]\nlisten = "office:8765"\n', 2),
        ('[notify]\nquiet = "22:00-22:00"\n', 2),
        ('[notify]\nquiet = "24:00-07:00"\n', 2),
        ('[heartbeat]\nurl = "ftp://x"\n', 2),
        ('[channels.mail]\nhost = "x"\n', 2),
        ('lang = "fr"\n', 1),
        ("db = 5\n", 1),
        ("\ndb = \n", 2),
    ],
)
def test_a_value_of_the_wrong_form_is_refused_with_its_place(place: Place, text: str, line: int) -> None:
    place.here.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        place.load()
    assert caught.value.where == f"duban.toml:{line}"


def test_a_wrong_variable_is_named(place: Place) -> None:
    place.environment["DUBAN_DAEMON_BATCH"] = "many"
    with pytest.raises(ConfigError) as caught:
        place.load()
    assert caught.value.where == "DUBAN_DAEMON_BATCH"


@pytest.mark.parametrize("raw", [b"\xff\xfe", b"a = 1\n" * 200_000, b"a = " + b"[" * 5000])
def test_what_is_no_settings_file_is_a_typed_error(place: Place, raw: bytes) -> None:
    place.here.write_bytes(raw)
    with pytest.raises(ConfigError):
        place.load()


@pytest.mark.parametrize(("listen", "expose", "fine"), [
    ("127.0.0.1:1", False, True), ("[::1]:1", False, True), ("localhost:1", False, True), ("127.3.2.1:1", False, True), ("", False, True),
    ("0.0.0.0:1", False, False), ("[::]:1", False, False), ("10.1.2.3:1", False, False), ("0.0.0.0:1", True, True),
])  # fmt: skip
def test_the_health_port_is_on_the_loopback_unless_it_is_exposed(place: Place, listen: str, expose: bool, fine: bool) -> None:
    place.here.write_text(f'[health]\nlisten = "{listen}"\nexpose = {str(expose).lower()}\n', encoding="utf-8")
    assert (place.problems() == []) is fine


def test_all_that_is_wrong_is_told_at_once(place: Place) -> None:
    place.here.write_text('bd = 1\n[daemon]\nbatch = 0\n[channels.a]\nkind = "x"\ntoken = "t"\n', encoding="utf-8")
    assert sorted(p.code for p in place.problems()) == ["config", "config.secret", "config.unknown"]
    with pytest.raises(ConfigError) as caught:
        place.load()
    assert caught.value.hint is not None and "2 more" in caught.value.hint.en


def test_a_channel_that_is_used_must_be_set_up(place: Place) -> None:
    place.here.write_text('[notify]\nchannels = ["mial"]\n[channels.mail]\nkind = "email"\n', encoding="utf-8")
    with pytest.raises(UnknownSetting) as caught:
        place.load()
    assert caught.value.where == "duban.toml:2"
    assert caught.value.hint is not None and "mail" in caught.value.hint.en


# secrets


@pytest.mark.parametrize(
    "text",
    [
        f'[channels.mail]\nkind = "email"\npassword = "{HIDDEN}"\n',
        f'[channels.mail]\nkind = "x"\napp-secret = "{HIDDEN}"\n',
        f'[channels.mail]\nkind = "x"\n[channels.mail.headers]\nAuthorization = "{HIDDEN}"\n',
        f'[channels.mail]\nkind = "x"\nurl = "https://h/send?access_token={HIDDEN}"\n',
        f'[channels.mail]\nkind = "x"\nurl = "https://h/open-apis/bot/v2/hook/{HIDDEN}"\n',
        f'[channels.mail]\nkind = "x"\nproxy = "http://me:{HIDDEN}@proxy:3128"\n',
        f'db = "postgresql://duban:{HIDDEN}@db/duban"\n',
        f'[heartbeat]\nurl = "https://h/?token={HIDDEN}"\n',
        f'[heartbeat]\nurl = "https://me:{HIDDEN}@h/"\n',
        f'password = "{HIDDEN}"\n',
        '[channels.mail]\nkind = "x"\npassword = 12345678\n',
    ],
)
def test_a_secret_in_a_file_is_refused_and_not_repeated(place: Place, text: str) -> None:
    place.here.write_text(text, encoding="utf-8")
    with pytest.raises(SecretGiven) as caught:
        place.load()
    told = (
        caught.value.say("zh")
        + caught.value.say("en")
        + repr(caught.value)
        + repr(examine(environment=place.environment, system=place.system))
    )
    assert HIDDEN not in told and "12345678" not in told
    assert "duban.toml:" in told


@pytest.mark.parametrize("name", ["DUBAN_PASSWORD", "DUBAN_CHANNELS_MAIL_PASSWORD", "DUBAN_ROBOT_TOKEN"])
def test_a_secret_in_the_environment_is_refused_and_not_repeated(place: Place, name: str) -> None:
    place.environment[name] = HIDDEN
    with pytest.raises(SecretGiven) as caught:
        place.load()
    assert caught.value.where == name
    assert HIDDEN not in caught.value.say("en")


def test_a_secret_in_the_url_of_a_variable_or_an_option_is_refused(place: Place) -> None:
    url = f"postgresql://duban:{HIDDEN}@db/duban"
    with pytest.raises(SecretGiven) as caught:
        place.load({"db": url})
    assert caught.value.where == "--db"
    place.environment["DUBAN_DB"] = url
    with pytest.raises(SecretGiven) as caught:
        place.load()
    assert caught.value.where == "DUBAN_DB"


def test_a_secret_comes_from_its_file(place: Place) -> None:
    place.secret("p")
    place.here.write_text('[channels.mail]\nkind = "email"\npassword_file = "p"\n', encoding="utf-8")
    found = place.load()
    secret = found.secret("channels.mail.password_file")
    assert secret is not None and secret.reveal() == HIDDEN
    assert found.secret("channels.mail.token_file") is None
    assert HIDDEN not in repr(found) + repr(dict(found.values()))
    assert list(found.cautions()) == []


@pytest.mark.parametrize("option", ['password_file = "mail-password"\n', ""])
def test_a_secret_comes_from_the_credentials_directory(place: Place, option: str) -> None:
    credentials = place.root / "credentials"
    credentials.mkdir()
    (credentials / "mail-password").write_text(HIDDEN, encoding="utf-8")
    (credentials / "mail.password").write_text(HIDDEN, encoding="utf-8")
    (credentials / "heartbeat.url").write_text("https://h/ping/1", encoding="utf-8")
    place.environment["CREDENTIALS_DIRECTORY"] = str(credentials)
    place.here.write_text(f'[channels.mail]\nkind = "email"\n{option}', encoding="utf-8")
    found = place.load()
    expected = "mail-password" if option else "mail.password"
    assert found.settings.channels["mail"]["password_file"] == str(credentials / expected)
    beat = found.secret("heartbeat.url_file")
    assert beat is not None and beat.reveal() == "https://h/ping/1"
    assert found.origin("heartbeat.url_file").kind == "credentials"


def test_a_robot_whose_url_is_the_secret(place: Place) -> None:
    place.secret("u", "https://h/robot/send?access_token=1\n", mode=0o644)
    place.here.write_text('[channels.robot]\nkind = "x"\nurl_file = "u"\nkey_file = "nowhere.pem"\n', encoding="utf-8")
    found = place.load()
    assert [key for key, _ in found.secret_files()] == ["channels.robot.url_file"]
    secret = found.secret("channels.robot.url_file")
    assert secret is not None and "access_token" in secret.reveal()
    assert len(list(found.cautions())) == 1


def test_a_file_that_we_may_not_look_for_is_not_passed_over(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(self: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_file", refused)
    with pytest.raises(ConfigError) as caught:
        place.load()
    assert caught.value.where == str(place.system)


def test_a_credentials_directory_that_is_not_there_changes_nothing(place: Place) -> None:
    place.environment["CREDENTIALS_DIRECTORY"] = str(place.root / "nowhere")
    assert place.load().settings == model.Settings()


@pytest.mark.parametrize("mode", [0o604, 0o646, 0o602])
def test_a_secret_file_that_others_can_read_or_write_is_warned_about(place: Place, mode: int) -> None:
    path = place.secret("p", mode=mode)
    place.here.write_text('[channels.mail]\nkind = "email"\npassword_file = "p"\n', encoding="utf-8")
    (caution,) = place.load().cautions()
    assert exposed(path)
    assert "chmod 600" in caution.en and HIDDEN not in caution.en


@pytest.mark.parametrize("text", ["", "\n", " \n", f"{HIDDEN}\n{HIDDEN}\n", "x" * 70_000, f"{HIDDEN}\x00"])
def test_a_secret_file_that_cannot_be_one_is_refused_without_its_content(place: Place, text: str) -> None:
    path = place.secret("p", text)
    with pytest.raises(ConfigError) as caught:
        read_secret(path)
    assert caught.value.where == str(path)
    assert HIDDEN not in caught.value.say("en") + caught.value.say("zh")


def test_a_secret_shows_itself_nowhere() -> None:
    secret = Secret(HIDDEN, "/run/p")
    shown = [repr(secret), str(secret), f"{secret}", f"{secret:>20}", f"{secret!r}", repr({"a": secret}), repr([secret])]
    assert all(HIDDEN not in s for s in shown)
    for copied in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            copied(secret)


def test_a_variable_that_means_nothing_is_mentioned(place: Place) -> None:
    place.environment |= {"DUBAN_DEAMON_INTERVAL": "5", "DUBAN_AS": "director", "DUBAN_DB": "x.db"}
    (caution,) = place.load().cautions()
    assert "DUBAN_DEAMON_INTERVAL" in caution.en and "DUBAN_DAEMON_INTERVAL" in caution.en


@pytest.mark.parametrize("name", ["password", "app_secret", "API-KEY", "token", "access_token", "sign_key"])
def test_names_of_secrets(name: str) -> None:
    assert is_secret(name) and not is_secret(f"{name}_file")


@pytest.mark.parametrize("name", ["user", "host", "agent_id", "key_file", "monkey_name", "secretary", "tls"])
def test_names_that_are_none(name: str) -> None:
    assert not is_secret(name)


@pytest.mark.parametrize(
    "url",
    ["https://h/x?case=1", "sqlite:///a.db", "https://user@h/", "postgresql://office@db/duban?sslmode=require", "p:q@r", "https://[bad"],
)
def test_addresses_without_a_secret(url: str) -> None:
    assert not carries_secret(url)


# the reference


def test_the_reference_has_every_setting_and_no_other() -> None:
    page = (Path(__file__).parents[2] / "docs/reference/configuration.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| `([a-z_.]+)` \|", page, re.MULTILINE))
    assert rows == set(KEYS)


def test_the_order_of_the_layers_is_the_farthest_first(place: Place) -> None:
    for path in (place.system, place.user, place.here):
        path.write_text("", encoding="utf-8")
    assert [layer.kind for layer in layers("", place.environment, place.system)] == ["system", "user", "file"]
