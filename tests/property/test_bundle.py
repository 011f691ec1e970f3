"""A file that says it is an export may hold anything: it is refused or its first fault is named, and nothing else ever happens."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from adapters.bundle import audit_bundle, read_bundle
from workflow.errors import BadInput, IntegrityError

GOLDEN = (Path(__file__).resolve().parents[1] / "data" / "golden" / "bundle-sha256.jsonl").read_bytes()
LINES = GOLDEN.splitlines(keepends=True)
HEADER = len(LINES[0])


def verdict(data: bytes) -> str:
    """``sound``, ``broken`` or ``refused``: the same from the audit and from the reader."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.jsonl"
        path.write_bytes(data)
        try:
            audited = "broken" if audit_bundle(path).findings else "sound"
        except BadInput:
            audited = "refused"
        try:
            read_bundle(path)
            read = "sound"
        except IntegrityError:
            read = "broken"
        except BadInput:
            read = "refused"
    assert audited == read
    return audited


def test_the_golden_one_is_sound() -> None:
    assert verdict(GOLDEN) == "sound"


@given(st.integers(HEADER, len(GOLDEN) - 1), st.integers(0, 255))
def test_no_byte_behind_the_header_can_be_changed(i: int, byte: int) -> None:
    changed = GOLDEN[:i] + bytes([byte]) + GOLDEN[i + 1 :]
    assert verdict(changed) != "sound" or changed == GOLDEN


@given(st.integers(0, HEADER - 1), st.integers(0, 255))
def test_of_the_header_only_the_instant_can_be_changed(i: int, byte: int) -> None:
    changed = GOLDEN[:i] + bytes([byte]) + GOLDEN[i + 1 :]
    if verdict(changed) == "sound":
        kept = json.loads(LINES[0])
        assert {**json.loads(changed.splitlines()[0]), "as_of": kept["as_of"]} == kept


@given(st.integers(0, len(GOLDEN) - 1))
def test_a_file_that_is_cut_off_is_not_sound(length: int) -> None:
    assert verdict(GOLDEN[:length]) != "sound"


@given(st.lists(st.sampled_from(range(len(LINES))), max_size=len(LINES) + 2))
def test_lines_that_are_left_out_repeated_or_reordered_are_not_sound(order: list[int]) -> None:
    assert verdict(b"".join(LINES[i] for i in order)) != "sound" or order == list(range(len(LINES)))


@given(st.binary(max_size=200) | st.text(max_size=100).map(lambda t: t.encode("utf-8", "surrogatepass")))
def test_anything_else_is_refused(data: bytes) -> None:
    assert verdict(data) == "refused"
    assert verdict(LINES[0] + data + b"\n") in ("refused", "broken")
