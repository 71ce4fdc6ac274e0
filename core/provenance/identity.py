"""The certificate with which an installation signs: made on first use, kept in the data folder.

A leaf for e-mail protection, which C2PA accepts, under a root of its own. The key of the root is
never stored, so nothing else can be signed in its name. Names hold nothing of the user or machine.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from core.store import atomic

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.x509 import Certificate, CertificateBuilder

FOLDER = "provenance"
_KEY, _CHAIN, _ROOT = "key.pem", "certificates.pem", "root.pem"
_LIFE = timedelta(days=365 * 30)  # without a time stamp a signature is as old as its certificate
_CLOCK_ERROR = timedelta(days=1)
_UNUSED = (  # uses of a key that are neither signing nor certifying
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "encipher_only",
    "decipher_only",
)


@dataclass(frozen=True, slots=True)
class Identity:
    """PEM texts: the leaf and its root, the private key of the leaf, the root alone."""

    chain: bytes
    key: bytes = field(repr=False)
    root: bytes


def load_identity(data_dir: Path) -> Identity:
    """The identity of an installation, which the first call makes. Raises `OSError`."""
    folder = data_dir / FOLDER
    if not (folder / _KEY).exists():
        _store(folder, _make())
    return Identity(*((folder / name).read_bytes() for name in (_CHAIN, _KEY, _ROOT)))


def own_root(data_dir: Path) -> bytes | None:
    """The root certificate of an installation, None before it signed anything."""
    with suppress(OSError):
        return (data_dir / FOLDER / _ROOT).read_bytes()
    return None


def _store(folder: Path, identity: Identity) -> None:
    """Store all files at once: of two processes that begin, one identity stays."""
    partial = folder.with_name(f".{FOLDER}-{secrets.token_hex(8)}")
    files = {_CHAIN: identity.chain, _KEY: identity.key, _ROOT: identity.root}
    try:
        for name, content in files.items():
            atomic.write_bytes(partial / name, content)
        atomic.rename(partial, folder)
    except OSError:
        if not (folder / _KEY).exists():
            raise
    finally:
        for name in files:
            (partial / name).unlink(missing_ok=True)
        with suppress(OSError):  # it was renamed
            partial.rmdir()


def _make() -> Identity:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from cryptography.x509.oid import NameOID

    label = secrets.token_hex(4)
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root_name, name = (
        x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Qpyt Studio"),
                x509.NameAttribute(NameOID.COMMON_NAME, f"Qpyt Studio {part} {label}"),
            ]
        )
        for part in ("root", "installation")
    )
    root = _signed(_begun(root_name, root_name, root_key), root_key, root_key, authority=True)
    leaf = _signed(_begun(name, root_name, key), key, root_key, authority=False)
    root_text = root.public_bytes(Encoding.PEM)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Identity(leaf.public_bytes(Encoding.PEM) + root_text, private, root_text)


def _begun(subject: object, issuer: object, key: EllipticCurvePrivateKey) -> CertificateBuilder:
    from cryptography import x509

    start = datetime.now(UTC) - _CLOCK_ERROR
    assert isinstance(subject, x509.Name)
    assert isinstance(issuer, x509.Name)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + _LIFE)
    )


def _signed(
    begun: CertificateBuilder,
    key: EllipticCurvePrivateKey,
    issuer_key: EllipticCurvePrivateKey,
    *,
    authority: bool,
) -> Certificate:
    """Add what C2PA asks of a root or of a leaf, and sign."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import ExtendedKeyUsageOID

    usage = dict.fromkeys(_UNUSED, False)
    builder = (
        begun.add_extension(x509.BasicConstraints(authority, 0 if authority else None), True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=not authority,
                key_cert_sign=authority,
                crl_sign=authority,
                **usage,
            ),
            True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    )
    if not authority:
        protection = ExtendedKeyUsageOID.EMAIL_PROTECTION
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
        builder = builder.add_extension(x509.ExtendedKeyUsage([protection]), False)
        builder = builder.add_extension(issuer, False)
    return builder.sign(issuer_key, hashes.SHA256())
