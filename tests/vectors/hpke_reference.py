#!/usr/bin/python3
"""Makes hpke_rfc9180.json; needs python3-cryptography.

The official vectors (test-vectors.json of cfrg/draft-irtf-cfrg-hpke at
5f503c5, the ones RFC 9180 refers to) use AES-256-GCM with P-256, but not in
the appendix of the RFC. Their fields below come from the condensed copy in
Go, src/crypto/hpke/testdata/rfc9180.json, which replaces the ciphertexts by
one SHAKE128 over 1,000 sealed messages. This is HPKE written a second time,
on Python's cryptography: it reproduces keys, encapsulation and that digest,
and so may be trusted to write the first ciphertexts out.

Spec: RFC 9180, sections 4 to 7.
"""
import hashlib
import hmac
import json
import sys

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import (Encoding,
                                                          PublicFormat)

OFFICIAL = {
    "info": "4f6465206f6e2061204772656369616e2055726e",
    "ikmE": "a90d3417c3da9cb6c6ae19b4b5dd6cc9"
            "529a4cc24efb7ae0ace1f31887a8cd6c",
    "ikmR": "a0ce15d49e28bd47a18a97e147582d81"
            "4b08cbe00109fed5ec27d1b4e9f6f5e3",
    "skRm": "317f915db7bc629c48fe765587897e01"
            "e282d3e8445f79f27f65d031a88082b2",
    "pkRm": "04abc7e49a4c6b3566d77d0304addc6ed0e98512ffccf505e6a8e3eb25c68513"
            "6f853148544876de76c0f2ef99cdc3a05ccf5ded7860c7c021238f9e2073d235"
            "6c",
    "enc": "04c06b4f6bebc7bb495cb797ab753f911aff80aefb86fd8b6fcc35525f3ab5f0"
           "3e0b21bd31a86c6048af3cb2d98e0d3bf01da5cc4c39ff5370d331a4f1f7d5a4"
           "e0",
}
ACCUMULATED = "8d3263541fc1695b6e88ff3a1208577c"

KEM_SUITE = b"KEM\x00\x10"
HPKE_SUITE = b"HPKE\x00\x10\x00\x01\x00\x02"
CURVE = ec.SECP256R1()


def extract(suite, salt, label, ikm):
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + ikm,
                       "sha256")


def expand(suite, prk, label, info, length):
    info = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    out, block = b"", b""
    for i in range(1, -(-length // 32) + 1):
        block = hmac.digest(prk, block + info + bytes([i]), "sha256")
        out += block
    return out[:length]


def point(key):
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def derive_key_pair(ikm):
    prk = extract(KEM_SUITE, b"", b"dkp_prk", ikm)
    d = expand(KEM_SUITE, prk, b"candidate", b"\x00", 32)
    return d, ec.derive_private_key(int.from_bytes(d, "big"), CURVE)


def encapsulate(ephemeral, recipient):
    enc = point(ephemeral.public_key())
    prk = extract(KEM_SUITE, b"", b"eae_prk",
                  ephemeral.exchange(ec.ECDH(), recipient))
    return enc, expand(KEM_SUITE, prk, b"shared_secret",
                       enc + point(recipient), 32)


def schedule(shared, info):
    context = (b"\x00" + extract(HPKE_SUITE, b"", b"psk_id_hash", b"") +
               extract(HPKE_SUITE, b"", b"info_hash", info))
    secret = extract(HPKE_SUITE, shared, b"secret", b"")
    return (expand(HPKE_SUITE, secret, b"key", context, 32),
            expand(HPKE_SUITE, secret, b"base_nonce", context, 12))


def seal(key, nonce, sequence, aad, plaintext):
    n = int.from_bytes(nonce, "big") ^ sequence
    return AESGCM(key).encrypt(n.to_bytes(12, "big"), plaintext, aad)


def accumulated(key, nonce):
    """The digest over messages that SHAKE128 of nothing provides."""
    stream = hashlib.shake_128().digest(1000 * 2 * 256)
    sink, at = hashlib.shake_128(), 0

    def draw():
        nonlocal at
        n = stream[at]
        at += 1 + n
        return stream[at - n:at]

    for sequence in range(1000):
        aad, plaintext = draw(), draw()
        sink.update(seal(key, nonce, sequence, aad, plaintext))
    return sink.hexdigest(16)


def main():
    sk_e, ephemeral = derive_key_pair(bytes.fromhex(OFFICIAL["ikmE"]))
    sk_r, recipient = derive_key_pair(bytes.fromhex(OFFICIAL["ikmR"]))
    assert sk_r.hex() == OFFICIAL["skRm"]
    assert point(recipient.public_key()).hex() == OFFICIAL["pkRm"]
    enc, shared = encapsulate(ephemeral, recipient.public_key())
    assert enc.hex() == OFFICIAL["enc"]
    key, nonce = schedule(shared, bytes.fromhex(OFFICIAL["info"]))
    assert accumulated(key, nonce) == ACCUMULATED
    cases = []
    for info, aad, plaintext in (
            (bytes.fromhex(OFFICIAL["info"]), b"Count-0",
             b"Beauty is truth, truth beauty"),
            (b"", b"", b""),
            (b"holdfast factory v1", bytes(range(24)), bytes(range(32))),
            (bytes(256), b"a" * 300, b"p" * 100)):
        k, n = schedule(shared, info)
        cases.append({"info": info.hex(), "aad": aad.hex(),
                      "plaintext": plaintext.hex(),
                      "ciphertext": seal(k, n, 0, aad, plaintext).hex()})
    json.dump({
        "source": "RFC 9180 test vectors, mode 0, KEM 0x0010, KDF 0x0001, "
                  "AEAD 0x0002; hpke_reference.py, which wrote this, says "
                  "how the ciphertexts were had",
        "skEm": sk_e.hex(), "skRm": OFFICIAL["skRm"],
        "pkRm": OFFICIAL["pkRm"], "enc": OFFICIAL["enc"], "cases": cases,
    }, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
