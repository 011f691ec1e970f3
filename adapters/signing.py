"""Keys and signers for checkpoints. Ed25519 comes from ``cryptography`` (extra ``sign``); another signer is a program of your own.

A private key is a file of one line, in the form that signed notes have for it: ``PRIVATE+KEY+name+id+base64(type · seed)``.
"""

from __future__ import annotations

import base64
import binascii
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workflow.errors import BadInput, ConfigError, MissingExtra
from workflow.journal.canonical import Algorithm
from workflow.journal.note import KINDS, Key, Note, Signature, key_name
from workflow.ports import Signer
from workflow.text import Text

_SEED = 32
_HEAD = "PRIVATE+KEY+"
_SIGNATURE = 64
_SECONDS = 60


def _ed25519() -> Any:
    try:
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError:
        raise MissingExtra(
            Text("Ed25519 签名需要 cryptography", "Ed25519 signatures need cryptography"),
            hint=Text("pip install 'duban[sign]'", "pip install 'duban[sign]'"),
        ) from None
    return ed25519


def verifies(public: bytes, message: bytes, signature: bytes) -> bool:
    """Ed25519 of RFC 8032. Raises :class:`~workflow.errors.MissingExtra` without the extra ``sign``."""
    from_public = _ed25519().Ed25519PublicKey.from_public_bytes
    from cryptography.exceptions import InvalidSignature

    try:
        from_public(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


@dataclass(frozen=True)
class FileSigner:
    """Signs with the private key of a file."""

    key: Key
    seed: bytes

    @classmethod
    def of(cls, name: str, algorithm: str, seed: bytes) -> FileSigner:
        private = _ed25519().Ed25519PrivateKey.from_private_bytes(seed)
        return cls(Key(key_name(name), algorithm, private.public_key().public_bytes_raw()), seed)

    @classmethod
    def parse(cls, text: str) -> FileSigner:
        """Raises :class:`~workflow.errors.BadInput` for what is no private key."""
        name, _, rest = text.strip().removeprefix(_HEAD).partition("+")
        told, _, encoded = rest.partition("+")
        try:
            data = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            data = b""
        for algorithm, kind in KINDS.items():
            if text.startswith(_HEAD) and data.startswith(kind) and len(data) == len(kind) + _SEED:
                found = cls.of(name, algorithm, data[len(kind) :])
                if found.key.id.hex() == told:
                    return found
        raise BadInput(
            Text("不是私钥", "this is no private key"), hint=Text("用 duban audit key new 生成", "make one with duban audit key new")
        )

    def __str__(self) -> str:
        encoded = base64.b64encode(KINDS[Algorithm(self.key.algorithm)] + self.seed).decode()
        return f"{_HEAD}{self.key.name}+{self.key.id.hex()}+{encoded}"

    def sign(self, message: bytes) -> bytes:
        signature: bytes = _ed25519().Ed25519PrivateKey.from_private_bytes(self.seed).sign(message)
        return signature


@dataclass(frozen=True)
class CommandSigner:
    """Pipes the bytes to a program (a card, an HSM, another machine), which writes the 64 bytes of the signature, bare or in base64."""

    key: Key
    command: Sequence[str]

    def sign(self, message: bytes) -> bytes:
        """Raises :class:`~workflow.errors.ConfigError` for a program that fails, takes over a minute or writes something else."""
        try:
            done = subprocess.run(self.command, input=message, capture_output=True, timeout=_SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise self._failed(type(error).__name__) from None
        if done.returncode:
            raise self._failed(f"{done.returncode}: {done.stderr.decode('utf-8', 'replace').strip()[:200]}")
        if len(done.stdout) == _SIGNATURE:
            return done.stdout
        try:
            found = base64.b64decode(done.stdout.strip(), validate=True)
        except (binascii.Error, ValueError):
            found = b""
        if len(found) != _SIGNATURE:
            raise self._failed(f"{len(done.stdout)} B")
        return found

    def _failed(self, why: str) -> ConfigError:
        return ConfigError(
            Text(f"签名程序没有给出签名({why})", f"the program that signs gave no signature ({why})"),
            where=self.command[0] if self.command else None,
        )


def signed(note: Note, signer: Signer) -> Note:
    """The note with one more signature, which is checked before it is believed.

    Raises :class:`~workflow.errors.BadInput` for a key of the other algorithm and :class:`~workflow.errors.ConfigError` for a signer
    that did not sign with its key.
    """
    key = signer.key
    if key.algorithm != note.algorithm:
        zh, en = (
            f"密钥用于 {key.algorithm} 日志,此日志用 {note.algorithm}",
            f"the key is for journals in {key.algorithm}, this one is in {note.algorithm}",
        )
        raise BadInput(
            Text(zh, en), hint=Text("用 duban audit key new --algorithm 另造一个", "make another with duban audit key new --algorithm")
        )
    found = replace(note, signatures=(*note.signatures, Signature(key.name, key.id, signer.sign(note.message))))
    for finding in found.findings(key, verifies):
        raise ConfigError(finding.message, where=key.name)
    return found


def read_line(path: Path) -> str:
    """The one line of a key file. Raises :class:`~workflow.errors.BadInput`."""
    try:
        return read_bytes(path, 4096).decode()
    except UnicodeDecodeError:
        raise BadInput(Text("不是密钥文件", "this is no key file"), where=str(path)) from None


def read_bytes(path: Path, limit: int) -> bytes:
    """The first ``limit`` bytes of a file. Raises :class:`~workflow.errors.BadInput`."""
    try:
        with path.open("rb") as file:
            return file.read(limit)
    except OSError as error:
        raise BadInput(Text(f"不能读取文件:{error.strerror}", f"cannot read the file: {error.strerror}"), where=str(path)) from None


def write_secret(path: Path, text: str) -> None:
    """Write a file that only its owner can read. Raises :class:`~workflow.errors.BadInput`, also where a file is there already."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise BadInput(Text(f"不能写入文件:{error.strerror}", f"cannot write the file: {error.strerror}"), where=str(path)) from None
