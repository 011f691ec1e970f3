"""The golden files: the examples of ``docs/reference/journal.md``. They change only with a new format number."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from adapters.bundle import audit_bundle
from tests import independent
from workflow.journal import entry as entries
from workflow.journal import seal as seals
from workflow.journal.canonical import canonical, digest, parse_canonical
from workflow.journal.entry import Entry, Private, link
from workflow.journal.seal import Checkpoint, Seal, make_seal

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "data" / "golden"
PAGE = ROOT / "docs" / "reference" / "journal.md"
FROZEN = {
    "bundle-sha256.jsonl": "6db46572fc90d9d3beb741bbbf1d5ac35a6e3811a79c10ab883f2cce99bdc661",
    "bundle-sm3.jsonl": "515e03e2ff1a6f5b5950048b0ae0afc77753bebb9c5b6e37348ad60d571c8c1d",
    "canonical.json": "b5dad22d45309543fc8721cf1f5f8b8d77dc7d2127697f31c35f8339a9975786",
    "parts.json": "cc5d148e4f01183884a8d3fef87f63494bd4d1047e0f68d1293860d79835a1e3",
}
CHECKPOINTS = {
    "sha256": "2:sha256:7f6457461fb7433e849b019c6b1aea65609fd9569115eae38877f142f6ee7dd9",
    "sm3": "2:sm3:b6525b3d95a78c29fc417bab1502c8a7f256e2c2ce5685868239ca960d8716d6",
}
ALGORITHMS = [
    "sha256",
    pytest.param("sm3", marks=pytest.mark.skipif("sm3" not in hashlib.algorithms_available, reason="this OpenSSL has no SM3")),
]


def golden(name: str) -> Any:
    return json.loads((GOLDEN / name).read_text(encoding="utf-8"))


def lines(algorithm: str, kind: str) -> list[dict[str, Any]]:
    text = (GOLDEN / f"bundle-{algorithm}.jsonl").read_text(encoding="utf-8")
    return [line for line in map(json.loads, text.splitlines()) if line["type"] == kind]


def test_the_golden_files_are_frozen_with_the_format() -> None:
    assert {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(GOLDEN.iterdir())} == FROZEN
    assert (entries.FORMAT, seals.FORMAT) == (1, 1)


@pytest.mark.parametrize("case", golden("canonical.json"), ids=lambda c: ascii(c["canonical"])[:20])
def test_a_value_has_these_bytes(case: dict[str, Any]) -> None:
    data = case["canonical"].encode()
    assert canonical(case["value"]) == data
    assert digest(data) == f"sha256:{case['sha256']}" == f"sha256:{hashlib.sha256(data).hexdigest()}"
    assert canonical(parse_canonical(data)) == data
    independent.read(data)


@pytest.mark.skipif("sm3" not in hashlib.algorithms_available, reason="this OpenSSL has no SM3")
@pytest.mark.parametrize("case", golden("canonical.json"), ids=lambda c: ascii(c["canonical"])[:20])
def test_a_value_has_this_digest_in_sm3(case: dict[str, Any]) -> None:
    assert digest(case["canonical"].encode(), "sm3") == f"sm3:{case['sm3']}"


@pytest.mark.skipif("sm3" not in hashlib.algorithms_available, reason="this OpenSSL has no SM3")
def test_sm3_is_that_of_the_standard() -> None:
    """GB/T 32905-2016, example 1 of annex A."""
    assert digest(b"abc", "sm3") == "sm3:66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_entries_link_to_each_other(algorithm: str) -> None:
    """Each is made again from its content, its salt and the hash before it."""
    parts = {(p["case"], p["n"]): p for p in golden("parts.json") if p["algorithm"] == algorithm}
    heads: dict[str, str] = {}
    for line in lines(algorithm, "entry"):
        kept = Entry.parse(line["data"].encode(), line["hash"])
        part = parts.get((kept.case, kept.n))
        made, _ = link(
            kept.n,
            heads.get(kept.case),
            case=kept.case,
            kind=kept.kind,
            recorded=kept.recorded,
            body=kept.body,
            private=json.loads(part["data"]) if part else None,
            salt=bytes.fromhex(part["salt"]) if part else b"",
            algorithm=algorithm,
        )
        assert (made.raw, made.hash) == (kept.raw, kept.hash)
        heads[kept.case] = kept.hash


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_erasable_parts_have_their_digests(algorithm: str) -> None:
    named = {(e["case"], e["n"]): e["private"] for e in (json.loads(line["data"]) for line in lines(algorithm, "entry"))}
    for part in (p for p in golden("parts.json") if p["algorithm"] == algorithm):
        salt, data = bytes.fromhex(part["salt"]), part["data"].encode()
        assert Private(salt, data).digest(algorithm) == part["digest"] == named.pop((part["case"], part["n"]))
        assert independent.private_digest(algorithm, salt, data) == part["digest"]
    assert set(named.values()) == {None}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_seals_cover_what_was_committed_before_them(algorithm: str) -> None:
    """S10.3: ordered by case id and number; what came later is in the next one."""
    covered = [(line["seal"], Entry.parse(line["data"].encode(), line["hash"])) for line in lines(algorithm, "entry")]
    previous: Seal | None = None
    for line in lines(algorithm, "seal"):
        kept = Seal.parse(line["data"].encode(), line["hash"])
        previous = make_seal(previous, [e for n, e in covered if n == kept.number], kept.recorded, algorithm)
        assert previous == kept
    assert [(n, e.case, e.n) for n, e in covered] == [(1, "乙", 1), (None, "乙", 2), (1, "甲", 1), (1, "甲", 2), (2, "甲", 3)]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_export_verifies_here_and_by_the_page_alone(algorithm: str) -> None:
    path = GOLDEN / f"bundle-{algorithm}.jsonl"
    found = audit_bundle(path, Checkpoint.parse(CHECKPOINTS[algorithm]))
    assert (found.findings, found.entries, found.cases, found.seals, found.unsealed, found.beyond) == ((), 5, 2, 2, 1, 1)
    assert independent.verify(path.read_bytes(), CHECKPOINTS[algorithm]) == {"entries": 5, "seals": 2}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_two_verifiers_refuse_the_same_edits(algorithm: str, tmp_path: Path) -> None:
    """Every digit of the file is changed in turn: both see each, but for the as-of instant, which nothing protects."""
    text = (GOLDEN / f"bundle-{algorithm}.jsonl").read_bytes()
    header = text.index(b"\n")
    path = tmp_path / "edited.jsonl"
    places = [i for i, byte in enumerate(text) if 48 <= byte <= 57 and i > header]
    for i in places[::11]:
        path.write_bytes(text[:i] + (b"0" if text[i : i + 1] != b"0" else b"1") + text[i + 1 :])
        with pytest.raises(AssertionError):
            independent.verify(path.read_bytes())
        assert audit_bundle(path).findings, (i, text[i - 20 : i + 20])


def test_the_page_has_the_digests_of_the_files() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert hashlib.sha256('duban-genesis-1\n"甲"'.encode()).hexdigest() in page
    assert all(f"`{case}`" in page for case in (_begin('{"a":[true,null],"b":1}'), _begin('"\u00e9"')))
    first, root = lines("sha256", "entry")[2]["hash"], json.loads(lines("sha256", "seal")[0]["data"])["root"]
    assert f"`{first.partition(':')[2][:8]}…`" in page and f"`{root.partition(':')[2][:8]}…`" in page


def _begin(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def test_the_independent_verifier_knows_nothing_of_duban() -> None:
    source = Path(independent.__file__).read_text(encoding="utf-8")
    assert "import workflow" not in source and "from workflow" not in source and "adapters" not in source
