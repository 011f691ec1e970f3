"""A time-stamping authority for tests: certificates made for one test, tokens made by the program ``openssl``."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

OPENSSL = shutil.which("openssl")
_SETTINGS = """[tsa]
default_tsa = here
[here]
serial = {folder}/serial
default_policy = 1.2.3.4.1
signer_digest = sha256
digests = sha256, sha512
accuracy = secs:1
tsa_name = yes
"""


@dataclass
class Authority:
    """``root`` is the file of its root certificate."""

    folder: Path
    root: Path

    @classmethod
    def new(cls, folder: Path, *, expired: bool = False) -> Authority:
        """``expired``: the certificate that signs had expired long ago."""
        folder.mkdir(parents=True)
        now = datetime.now(UTC)
        days = (-900, -400) if expired else (-1, 30)
        since, until = (now + timedelta(days=n) for n in days)
        keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
        names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in ("Test Root", "Test Time Stamping")]
        root = _certificate(names[0], keys[0], names[0], keys[0], now - timedelta(days=1000), now + timedelta(days=30))
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        signs = _certificate(names[1], keys[1], names[0], keys[0], since, until, usage)
        (folder / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))
        (folder / "signs.pem").write_bytes(signs.public_bytes(Encoding.PEM))
        (folder / "key.pem").write_bytes(keys[1].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        (folder / "serial").write_text("01\n")
        (folder / "settings").write_text(_SETTINGS.format(folder=folder))
        return cls(folder, folder / "root.pem")

    def answer(self, request: Path, token: Path) -> Path:
        words = ["-config", "settings", "-queryfile", str(request.absolute()), "-signer", "signs.pem", "-inkey", "key.pem"]
        command = [str(OPENSSL), "ts", "-reply", "-section", "here", *words, "-out", str(token.absolute())]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True, timeout=60)
        return token


def _certificate(
    name: x509.Name, key: Any, issuer: x509.Name, by: Any, since: datetime, until: datetime, usage: x509.ExtendedKeyUsage | None = None
) -> x509.Certificate:
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(issuer).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(since).not_valid_after(until)
    builder = builder.add_extension(x509.BasicConstraints(ca=usage is None, path_length=None), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
    if usage is not None:
        builder = builder.add_extension(usage, critical=True)
    return builder.sign(by, SHA256())
