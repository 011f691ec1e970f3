"""Checkpoints as signed notes: the text that is signed, its signatures, and the keys that they are checked with.

The form is that of C2SP ``signed-note`` and ``tlog-checkpoint``, so that other tools can check the signature of a SHA-256 journal. The
log is that of the seals. One extension line names the root of the tree of case heads. A journal in SM3 has a signature type of its own,
because a tree in SM3 is none of RFC 6962: ``docs/reference/journal.md`` specifies both.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from workflow.errors import BadInput
from workflow.journal.canonical import Algorithm
from workflow.journal.chain import Finding
from workflow.text import Text

KINDS = {Algorithm.SHA256: b"\x01", Algorithm.SM3: b"\xffduban-sm3-ed25519-1"}
"""The signature type of a journal: Ed25519 as C2SP has it, or our own, whose signatures are over ``PREFIX`` and the text."""
PREFIX = b"duban-sm3-note-1\n"
LONGEST = 65_536
"""Bytes of the longest note that is read."""
_SIGNATURES = 64
_PUBLIC = 32
_NAME = re.compile(r"[^\s+\x00-\x1f]+\Z")

Verifies = Callable[[bytes, bytes, bytes], bool]
"""Whether a public key (32 bytes, Ed25519 of RFC 8032) made this signature (64 bytes) of a message: (key, message, signature)."""


class Key(NamedTuple):
    """A public key with its name, as a verifier is given it: ``name+id+base64``."""

    name: str
    algorithm: str
    public: bytes

    @property
    def id(self) -> bytes:
        """Four bytes that tell the keys of one name apart; no protection (C2SP signed-note)."""
        return key_id(self.name, KINDS[Algorithm(self.algorithm)] + self.public)

    @classmethod
    def parse(cls, text: str) -> Key:
        """Raises :class:`~workflow.errors.BadInput`."""
        name, _, rest = text.strip().partition("+")
        told, _, encoded = rest.partition("+")
        data = _decoded(encoded)
        for algorithm, kind in KINDS.items():
            if data is not None and data.startswith(kind) and len(data) == len(kind) + _PUBLIC:
                found = cls(key_name(name), algorithm, data[len(kind) :])
                if found.id.hex() == told.lower():
                    return found
        raise BadInput(
            Text("不是公钥", "this is no public key"),
            hint=Text("用 duban audit key new 写出的 .pub 文件", "use the .pub file that duban audit key new wrote"),
        )

    def __str__(self) -> str:
        kind = KINDS[Algorithm(self.algorithm)]
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(kind + self.public).decode()}"


class Signature(NamedTuple):
    """One line of a note; whose it is shows by name and id."""

    name: str
    id: bytes
    data: bytes

    def __str__(self) -> str:
        return f"— {self.name} {base64.b64encode(self.id + self.data).decode()}"


@dataclass(frozen=True, slots=True)
class Note:
    """``number`` seals were there, ``root`` is that of the tree over their bytes; ``heads`` is that of the tree over ``chains`` case heads.

    A note that nobody signed has no signature line: it shows as much as the place where it was kept is worth.
    """

    origin: str
    number: int
    root: str
    heads: str
    chains: int
    signatures: tuple[Signature, ...] = ()

    @property
    def algorithm(self) -> str:
        return self.root.partition(":")[0]

    @property
    def text(self) -> str:
        """What is signed."""
        root = base64.b64encode(bytes.fromhex(self.root.partition(":")[2])).decode()
        return f"{self.origin}\n{self.number}\n{root}\nheads {self.chains} {self.heads}\n"

    @property
    def message(self) -> bytes:
        """The bytes that a signature is over."""
        return (PREFIX if self.algorithm == Algorithm.SM3 else b"") + self.text.encode()

    @classmethod
    def parse(cls, data: bytes) -> Note:
        """Read a note. Raises :class:`~workflow.errors.BadInput` for what is none of ours, or has more than 64 signatures."""
        try:
            text, separator, below = data[: LONGEST + 1].decode().rpartition("\n\n")
        except UnicodeDecodeError:
            raise _unreadable() from None
        lines = text.split("\n")
        heads = re.fullmatch(r"heads (0|[1-9][0-9]{0,15}) ((sha256|sm3):[0-9a-f]{64})", lines[3]) if len(lines) == 4 else None
        size = re.fullmatch(r"0|[1-9][0-9]{0,15}", lines[1]) if heads else None
        root = _decoded(lines[2]) if size else None
        if len(data) > LONGEST or not separator or heads is None or size is None or root is None or len(root) != 32:
            raise _unreadable()
        signed = below.split("\n") if below else [""]
        if signed[-1] or len(signed) > _SIGNATURES + 1:
            raise _unreadable()
        return cls(
            checked_origin(lines[0]),
            int(size[0]),
            f"{heads[3]}:{root.hex()}",
            heads[2],
            int(heads[1]),
            tuple(_signature(line) for line in signed[:-1]),
        )

    def findings(self, key: Key, verifies: Verifies) -> list[Finding]:
        """Whether ``key`` signed it: ``unsigned`` (no line of that key), ``signature`` (a line of it that it did not make)."""
        mine = [s for s in self.signatures if (s.name, s.id) == (key.name, key.id)]
        if key.algorithm != self.algorithm or not mine:
            return [Finding("unsigned", "checkpoint", 0, Text(f"没有 {key.name} 的签名", f"there is no signature of {key.name}"))]
        if not all(verifies(key.public, self.message, s.data) for s in mine):
            zh, en = f"{key.name} 的签名不符", f"the signature of {key.name} is not of this checkpoint"
            return [Finding("signature", "checkpoint", 0, Text(zh, en))]
        return []

    def __str__(self) -> str:
        return f"{self.text}\n" + "".join(f"{s}\n" for s in self.signatures)


def key_id(name: str, key: bytes) -> bytes:
    """``SHA-256(name · LF · type · key)[:4]``."""
    return hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]


def key_name(name: str) -> str:
    """A name that may stand in a signature line. Raises :class:`~workflow.errors.BadInput`."""
    if not _NAME.match(name):
        raise BadInput(
            Text(f"密钥名称 {name!r} 不能为空,不能有空白或加号", f"the name of a key is not empty and has no space or plus: {name!r}"),
            hint=Text("例如 office.example/duban", "for example office.example/duban"),
        )
    return name


def checked_origin(origin: str) -> str:
    """An origin that may stand in the first line. Raises :class:`~workflow.errors.BadInput`."""
    if not origin.strip() or any(ord(c) < 32 for c in origin):
        raise BadInput(Text(f"来源名称 {origin!r} 须为一行文字", f"an origin is one line of text, not {origin!r}"))
    return origin


def _signature(line: str) -> Signature:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    data = _decoded(encoded)
    if dash != "—" or not _NAME.match(name) or data is None or len(data) < 5:
        raise _unreadable()
    return Signature(name, data[:4], data[4:])


def _decoded(text: str) -> bytes | None:
    """Only the one text that base64 has for the bytes, so that a note has one form."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data).decode() == text else None


def _unreadable() -> BadInput:
    return BadInput(
        Text("不是检查点文件", "this is no checkpoint"),
        hint=Text("照原样给出 duban audit checkpoint 写的文件", "give the file as duban audit checkpoint wrote it"),
    )
