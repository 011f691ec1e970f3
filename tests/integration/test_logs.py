"""The log of the daemon: one line a record, for people or as JSON, without numbers of persons and without secrets."""

from __future__ import annotations

import io
import json
import logging
import stat
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from loguru import logger

from adapters.config.model import Log
from adapters.config.secret import read_secret
from adapters.logs import set_up
from workflow.errors import ConfigError

MOBILE, IDENTITY = "13812345678", "11010519491231002X"


@pytest.fixture
def logging_to() -> Iterator[Callable[..., io.StringIO]]:
    """``logging_to(level=…, json=…)``: the stream that records go to until the test ends."""
    undone = []

    def begin(**options: Any) -> io.StringIO:
        stream = io.StringIO()
        undone.append(set_up(Log(**options), stream))
        return stream

    yield begin
    for undo in undone:
        undo()


def raise_with(text: str) -> None:
    somebody = text
    raise ValueError(f"cannot reach {somebody}")


@pytest.mark.parametrize("as_json", [False, True])
def test_numbers_are_masked_in_message_extra_exception_and_in_records_of_libraries(
    logging_to: Callable[..., io.StringIO], as_json: bool
) -> None:
    stream = logging_to(json=as_json)
    logger.bind(person=MOBILE, deep={"ids": [IDENTITY]}, n=int(MOBILE)).info("told {}", MOBILE)
    logging.getLogger("apscheduler").warning("missed %s", IDENTITY)
    try:
        raise_with(f"{MOBILE} {IDENTITY}")
    except ValueError:
        logger.exception("failed for {}", MOBILE)
    text = stream.getvalue()
    assert MOBILE not in text and IDENTITY not in text
    assert text.count("[phone]") >= 5 and text.count("[identity]") >= 3
    assert "Traceback" in text and "raise_with" in text


@pytest.mark.parametrize("as_json", [False, True])
def test_a_secret_that_was_read_is_not_written_even_if_a_library_says_it(
    logging_to: Callable[..., io.StringIO], as_json: bool, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text("s3cret/t+ken\n", encoding="utf-8")
    secret = read_secret(tmp_path / "token")
    stream = logging_to(json=as_json)
    logger.bind(token=secret, url="https://h/?t=s3cret%2Ft%2Bken").error("sent with {} and {}", secret, secret.reveal())
    try:
        raise_with(f"https://h/?t={secret.reveal()}")
    except ValueError:
        logger.exception("failed")
    assert "s3cret" not in stream.getvalue()


def test_json_lines_have_documented_fields(logging_to: Callable[..., io.StringIO]) -> None:
    stream = logging_to(json=True)
    logger.bind(case="hazard-0123456789").info("swept\n{}", "漏报")
    try:
        raise_with("x")
    except ValueError:
        logger.exception("failed")
    first, second = (json.loads(x) for x in stream.getvalue().splitlines())
    assert first["message"] == "swept\n漏报" and first["extra"] == {"case": "hazard-0123456789"}
    assert set(first) == {"time", "level", "module", "line", "message", "extra"}
    assert set(second) == {"time", "level", "module", "line", "message", "exception"}
    assert datetime.fromisoformat(first["time"]).tzinfo is not None
    assert first["module"] == __name__


def test_a_record_for_people_is_one_line_whatever_stands_in_it(logging_to: Callable[..., io.StringIO]) -> None:
    stream = logging_to()
    logger.bind(note="a\nb").warning("one\ntwo\x1b[2J {extra}")
    (line,) = stream.getvalue().splitlines()
    assert "WARNING" in line and "one\\ntwo\\x1b[2J {extra}" in line and line.endswith("note=a\\nb")
    assert datetime.fromisoformat(line[:29]).tzinfo is not None


def test_braces_and_markup_of_people_are_not_read(logging_to: Callable[..., io.StringIO]) -> None:
    stream = logging_to()
    logger.info("<red>{0} {extra[x]} {{")
    assert "<red>{0} {extra[x]} {{" in stream.getvalue()


def test_the_level_holds_for_us_and_for_libraries(logging_to: Callable[..., io.StringIO]) -> None:
    stream = logging_to(level="WARNING")
    logger.info("a")
    logging.getLogger("x").info("b")
    logger.warning("c")
    logging.getLogger("x").warning("d")
    assert [line.rpartition(" ")[2] for line in stream.getvalue().splitlines()] == ["c", "d"]


def test_a_library_that_tells_of_every_step_is_heard_only_when_asked(logging_to: Callable[..., io.StringIO]) -> None:
    quiet = logging_to()
    logging.getLogger("apscheduler").info("woke up")
    assert quiet.getvalue() == ""
    asked = logging_to(level="DEBUG")
    logging.getLogger("apscheduler").info("woke up")
    assert "woke up" in asked.getvalue()


def test_the_file_is_changed_when_it_is_full_and_old_ones_go(tmp_path: Path, logging_to: Callable[..., io.StringIO]) -> None:
    path = tmp_path / "log" / "duban.log"
    logging_to(file=str(path), rotate=1, keep=2)
    for _ in range(45):
        logger.info("x" * 100_000)
    logger.info(MOBILE)
    files = sorted(path.parent.iterdir())
    assert len(files) == 3
    assert all(f.stat().st_size <= 1_100_000 for f in files)
    assert "[phone]" in path.read_text(encoding="utf-8") and MOBILE not in path.read_text(encoding="utf-8")
    assert stat.S_IMODE(path.stat().st_mode) & 0o007 == 0


def test_a_file_that_cannot_be_written_is_a_typed_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ConfigError):
        set_up(Log(file=str(tmp_path / "file" / "duban.log")), io.StringIO())


def test_what_was_set_up_is_undone() -> None:
    stream, before = io.StringIO(), list(logging.getLogger().handlers)
    undo = set_up(Log(), stream)
    undo()
    logger.info("x")
    assert stream.getvalue() == ""
    assert logging.getLogger().handlers == before
