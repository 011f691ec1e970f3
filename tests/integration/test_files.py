"""A file is there whole, as it was, or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.files import write_whole
from workflow.errors import BadInput, StoreUnavailable


def broken() -> Iterator[str]:
    yield "half\n"
    raise ZeroDivisionError


@pytest.mark.parametrize("before", [None, "as it was\n"])
def test_what_fails_half_way_leaves_what_was_there(tmp_path: Path, before: str | None) -> None:
    path = tmp_path / "f"
    if before is not None:
        path.write_text(before)
    with pytest.raises(ZeroDivisionError):
        write_whole(path, broken())
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == ([("f", before)] if before is not None else [])


@pytest.mark.parametrize(("number", "error"), [(errno.ENOSPC, StoreUnavailable), (errno.EACCES, BadInput)])
def test_it_is_put_in_place_in_one_step_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, error: type[Exception]
) -> None:
    path = tmp_path / "f"
    path.write_text("as it was\n")

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(error):
        write_whole(path, ["new\n"])
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("f", "as it was\n")]


def test_the_lines_are_written_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "督办.jsonl"
    write_whole(path, ["甲\n", "乙\r\n"])
    assert path.read_bytes() == "甲\n乙\r\n".encode()
