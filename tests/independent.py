"""A verifier of exported journals, written from ``docs/reference/journal.md`` alone. It shares no code with duban."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def h(algorithm: str, data: bytes) -> bytes:
    return hashlib.new(algorithm, data).digest()


def name(algorithm: str, data: bytes) -> str:
    return f"{algorithm}:{h(algorithm, data).hex()}"


def strict(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [k for k, _ in pairs]
    assert keys == sorted(set(keys)), "keys: sorted, each once"
    return dict(pairs)


def no_float(text: str) -> Any:
    raise AssertionError(f"no floating-point number: {text}")


def read(data: bytes) -> Any:
    """The value of canonical bytes: what is written again is what was read."""
    value = json.loads(data.decode("utf-8"), object_pairs_hook=strict, parse_float=no_float, parse_constant=no_float)
    assert json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8") == data, "not canonical"
    return value


def private_digest(algorithm: str, salt: bytes, data: bytes) -> str:
    return name(algorithm, b"duban-private-1\n" + len(salt).to_bytes(2, "big") + salt + data)


def tree(algorithm: str, leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, as it is written there."""
    if not leaves:
        return h(algorithm, b"")
    if len(leaves) == 1:
        return h(algorithm, b"\x00" + leaves[0])
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return h(algorithm, b"\x01" + tree(algorithm, leaves[:k]) + tree(algorithm, leaves[k:]))


def verify(bundle: bytes, checkpoint: str = "") -> dict[str, int]:
    """Check every rule of the page; an AssertionError names the one that is broken. Returns how much was read."""
    assert bundle.endswith(b"\n"), "the file is cut off"
    lines = [read(line) for line in bundle.split(b"\n")[:-1]]
    header, *middle, end = lines
    assert (header["type"], header["format"]) == ("header", "duban-journal-1")
    assert end == {"type": "end", "lines": len(lines) - 1}, "lines are missing"
    algorithm = header["algorithm"]
    last: tuple[str, int, str] = ("", 0, "")
    sealed: dict[int, list[bytes]] = {}
    seals: list[dict[str, Any]] = []
    entries = 0
    for line in middle:
        data = line["data"].encode("utf-8")
        value = read(data)
        if line["type"] in ("definition", "calendar"):
            assert line["hash"] == name("sha256", data), f"{line['type']} {line['name']}"
        elif line["type"] == "seal":
            assert line["hash"] == name(algorithm, data), f"seal {line['number']} was edited"
            assert (value["number"], value["format"], value["algorithm"]) == (line["number"], 1, algorithm)
            assert value["number"] == len(seals) + 1, "a seal is missing"
            assert value["previous"] == (seals[-1]["hash"] if seals else ""), "the seal does not link to the one before"
            seals.append({**value, "hash": line["hash"]})
        else:
            assert line["type"] == "entry"
            where = f"{value['case']} #{value['n']}"
            entries += 1
            assert line["hash"] == name(algorithm, data), f"{where} was edited"
            assert (value["format"], value["algorithm"]) == (1, algorithm), where
            assert sorted(value) == ["algorithm", "body", "case", "format", "kind", "n", "prev", "private", "recorded"], where
            if value["case"] != last[0]:
                assert value["case"] > last[0], f"{where}: the cases are out of order"
                genesis = b"duban-genesis-1\n" + json.dumps(value["case"], ensure_ascii=False).encode("utf-8")
                last = (value["case"], 0, name(algorithm, genesis))
            assert value["n"] == last[1] + 1, f"{where}: entry {last[1] + 1} is missing"
            assert value["prev"] == last[2], f"{where} does not link to the entry before"
            last = (value["case"], value["n"], line["hash"])
            if line["seal"] is not None:
                sealed.setdefault(line["seal"], []).append(line["hash"].encode("ascii"))
    for seal in seals:
        leaves = sealed.pop(seal["number"], [])
        assert (seal["count"], seal["root"]) == (len(leaves), f"{algorithm}:{tree(algorithm, leaves).hex()}"), f"seal {seal['number']}"
    assert not sealed, "entries under a seal that is not there"
    assert not checkpoint or checkpoint in [f"{s['number']}:{s['hash']}" for s in seals], "the checkpoint is not there"
    return {"entries": entries, "seals": len(seals)}
