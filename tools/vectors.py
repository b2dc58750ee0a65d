#!/usr/bin/python3
"""Golden vectors of PROTOCOL.md, computed without a line of Holdfast.

Prints the lines of the section "Golden vectors"; with --check FILE it says
whether the section in FILE is what comes out here, with --write FILE it puts
it there. CBOR and HKDF are written out below, AES and ECDSA (with the nonce
of RFC 6979) are pycryptodome's.
"""
import hashlib
import hmac
import struct
import sys

from Cryptodome.Cipher import AES
from Cryptodome.Hash import SHA256
from Cryptodome.PublicKey import ECC
from Cryptodome.Signature import DSS

HEADING = "## Golden vectors\n"


def head(major, value):
    if value < 24:
        return bytes([major << 5 | value])
    for info, form, limit in ((24, ">B", 8), (25, ">H", 16), (26, ">I", 32)):
        if value < 1 << limit:
            return bytes([major << 5 | info]) + struct.pack(form, value)
    return bytes([major << 5 | 27]) + struct.pack(">Q", value)


def cbor(item):
    if item is None:
        return b"\xf6"
    if item is True:
        return b"\xf5"
    if isinstance(item, int):
        return head(0, item) if item >= 0 else head(1, -1 - item)
    if isinstance(item, bytes):
        return head(2, len(item)) + item
    if isinstance(item, str):
        return head(3, len(item.encode())) + item.encode()
    if isinstance(item, list):
        return head(4, len(item)) + b"".join(cbor(i) for i in item)
    pairs = sorted((cbor(k), cbor(v)) for k, v in item.items())
    return head(5, len(pairs)) + b"".join(k + v for k, v in pairs)


def mac(key, message):
    return hmac.new(key, message, hashlib.sha256).digest()


def hkdf_expand(prk, info, length):
    out, block = b"", b""
    while len(out) < length:
        block = mac(prk, block + info + bytes([len(out) // 32 + 1]))
        out += block
    return out[:length]


def expand(prk, purpose, context, length):
    info = cbor(["holdfast %s v1" % purpose, context, length])
    return hkdf_expand(prk, info, length)


def ccm(key, nonce, tag_len, plaintext):
    cipher = AES.new(key, AES.MODE_CCM, nonce=nonce, mac_len=tag_len)
    return b"".join(cipher.encrypt_and_digest(plaintext))


def run(first, count):
    return bytes(range(first, first + count))


def messages():
    """Identities and the payloads of exchange 2 and of the check-in."""
    v = {}
    v["uid"] = bytes.fromhex("0002000089282245")
    v["alias"] = bytes.fromhex("89291e26ec1a")
    v["instance"] = run(0xA0, 8)
    v["key"] = b"\x02" + run(0xB0, 32)
    v["profile"] = run(0x40, 16)
    v["ticket"] = v["profile"] + run(0xC0, 62)
    v["resume-alias"] = run(0x11, 6)
    v["resume-tag"] = run(0x21, 8)
    v["state-tag"] = run(0x31, 8)
    v["request-id"] = bytes.fromhex("d1d2d3d4d5")
    start = [v["instance"], v["key"], "03.15"]
    seal = [v["profile"], "SN-0001"]
    resume = [v["resume-alias"], v["resume-tag"], v["request-id"]]
    claim = [2, v["alias"], 7, v["state-tag"], None]
    v["request-2-bare"] = cbor(start)
    v["request-2-sealed"] = cbor(start + seal)
    v["request-2-claim"] = cbor(start + [None] * 3 + [claim, None])
    v["request-2-all"] = cbor(start + seal + [resume, claim, v["ticket"]])
    v["response-2-assigned"] = cbor([0, v["alias"], 1, 3])
    v["response-2-registered"] = cbor([1, v["alias"], 70000, 0])
    v["response-2-again"] = cbor([8])
    v["response-2-clone"] = cbor([17])
    v["check-in-request"] = cbor({1: 1700000000, 2: "03.15"})
    v["check-in-request-firmware"] = cbor({2: "03.16"})
    v["check-in-response"] = cbor(1700000001)
    v["check-in-response-all"] = cbor(
        [1700000001, {1: 604800, 2: 5, 3: [63, 1700000000]}])
    v["check-in-request-ticket"] = cbor({3: True})
    v["check-in-response-ticket"] = cbor(
        [1700000001, {4: v["ticket"]}])
    return v


def schedule(v):
    """Every line of the table of keys."""
    v["factory-secret"] = run(0x00, 32)
    v["exporter"] = run(0x20, 32)
    request, response = v["request-2-sealed"], v["response-2-assigned"]
    transcript = v["uid"] + struct.pack(">H", len(request)) + request
    transcript += struct.pack(">H", len(response)) + response
    v["transcript-hash"] = hashlib.sha256(transcript).digest()
    v["root"] = mac(v["factory-secret"],
                    v["exporter"] + v["transcript-hash"])
    for name, purpose, length in (
            ("psk", "psk", 32), ("up", "uplink", 32),
            ("down", "downlink", 32), ("ck-0", "check-in", 32),
            ("next", "next", 32), ("resume", "resume", 8)):
        v[name] = expand(v["root"], purpose, b"", length)
    v["ck-1"] = expand(v["ck-0"], "check-in next",
                       v["request-id"] + v["check-in-request"], 32)
    v["ck-1-empty"] = expand(v["ck-0"], "check-in next", v["request-id"], 32)
    v["check-in-master-secret"] = expand(v["ck-0"], "oscore", b"", 16)
    v["check-in-state-tag"] = expand(v["ck-0"], "state", b"", 8)
    v["bulk-master-secret"] = expand(v["ck-0"], "bulk", b"", 16)
    v["ztp-tag"] = expand(v["up"], "ztp request", v["key"], 16)
    v["ztp-request"] = cbor([1, v["key"], v["ztp-tag"]])
    v["huk"] = run(0x60, 32)
    v["local-data-key-slot-3"] = expand(v["huk"], "local data", b"\x03", 32)
    v["storage-key"] = expand(v["huk"], "storage", b"", 32)
    v["c2c-record-key"] = expand(v["huk"], "c2c records", b"", 32)
    v["random-key"] = expand(v["huk"], "random", b"", 32)
    v["kek"] = run(0x80, 32)
    v["wrapping-key-root"] = expand(v["kek"], "wrap", b"\x02" + v["uid"], 32)
    v["wrapping-key-ticket"] = expand(
        v["kek"], "wrap", b"\x05" + v["uid"], 32)
    nonce = run(0x70, 12)
    cipher = AES.new(v["wrapping-key-ticket"], AES.MODE_GCM, nonce=nonce)
    cipher.update(b"\x05" + v["uid"] + struct.pack(">I", 1) + v["profile"] +
                  v["alias"] + v["key"])
    sealed, tag = cipher.encrypt_and_digest(v["root"])
    v["recovery-ticket"] = v["profile"] + b"\x01\x01" + nonce + sealed + tag
    v["record-key"] = expand(v["kek"], "profile record", b"", 32)


def envelopes(v):
    """PSK identities and E2E messages, HELLO as in the original's example."""
    counter = bytes.fromhex("eb0074451234")
    v["plaintext"] = b"HELLO"
    v["psk-identity"] = b"\x11\x01" + v["alias"] + counter
    v["psk-16"] = expand(v["psk"], "psk key", v["psk-identity"], 16)
    v["psk-32"] = expand(v["psk"], "psk key", v["psk-identity"], 32)
    for way, prk, v1, v2 in (("up", "uplink key", b"\x11\x01", b"\x21"),
                             ("down", "downlink key", b"\x12\x01", b"\x22")):
        header = v1 + v["alias"] + counter + b"\0\0"
        key = expand(v[way], prk, header, 16)
        v["%s-v1-header" % way] = header
        v["%s-v1-key" % way] = key
        v["%s-v1-message" % way] = header + ccm(
            key, header[-12:], 16, v["plaintext"])
        header = v2 + v["alias"] + counter[2:]
        key = expand(v[way], prk, header, 16)
        v["%s-v2-header" % way] = header
        v["%s-v2-key" % way] = key
        v["%s-v2-message" % way] = header + ccm(
            key, b"\0" + header, 8, v["plaintext"])


def fcs16(data):
    """FCS-16 of RFC 1662, bit by bit."""
    fcs = 0xFFFF
    for byte in data:
        fcs ^= byte
        for _ in range(8):
            fcs = fcs >> 1 ^ (0x8408 if fcs & 1 else 0)
    return fcs ^ 0xFFFF


def frame(body):
    inner = struct.pack("<H", len(body)) + body
    return b"\xf9" + inner + struct.pack("<H", fcs16(inner)) + b"\xf9"


def padded(text):
    n = 16 - len(text) % 16
    return text + bytes([n]) * n


def cbc(key, iv, blocks):
    return AES.new(key, AES.MODE_CBC, iv).encrypt(blocks)


def c2c_v1(key, iv, text):
    whole = padded(text) + hashlib.sha256(padded(text)).digest()
    return cbc(key, iv, whole) + iv


def c2c_v2(key, hmac_key, te_secret, iv, text):
    sealed = iv + cbc(key, iv, padded(text))
    return sealed + mac(hmac_key, sealed + te_secret)[:16]


def c2c_v3(key, counter, text):
    nonce = bytes(5) + struct.pack(">Q", counter)
    return bytes([counter & 0xFF]) + ccm(key, nonce, 8, text)


def chip_to_chip(v):
    """Frames of the three versions, a confirmation, and V3's keys."""
    v["c2c-te-secret"] = run(0x00, 8) + run(0xF8, 8)
    v["c2c-key"] = run(0x10, 8) + run(0xE8, 8)
    v["c2c-hmac-key"] = run(0x20, 8) + run(0xD8, 8)
    v["c2c-iv"] = run(0xA0, 16)
    te_secret, key, hmac_key, iv = (
        v["c2c-" + n] for n in ("te-secret", "key", "hmac-key", "iv"))
    v["c2c-v1-at"] = frame(c2c_v1(key, iv, b"AT\r"))
    for name, text in (("at", b"AT\r"), ("ok", b"\r\nOK\r\n"),
                       ("hello", b"Hello world!")):
        v["c2c-v2-" + name] = frame(
            c2c_v2(key, hmac_key, te_secret, iv, text))
    v["c2c-confirm-te-secret"] = run(0x00, 8) + run(0xF8, 8)[::-1]
    v["c2c-confirm-key"] = bytes.fromhex("83cf07f23851a7cd9014c4304738d432")
    v["c2c-confirm-hmac-key"] = bytes.fromhex(
        "ab16de1d3ccfdd9ca9b5a569dfe3307a")
    v["c2c-confirm-tag"] = bytes.fromhex("5d8944d46eeb37f2d5c50eacaf78d66b")
    v["c2c-confirm-iv"] = bytes.fromhex("67c6697351ff4aec29cdbaabf2fbe346")
    v["c2c-confirm"] = c2c_v2(*(
        v["c2c-confirm" + n] for n in ("-key", "-hmac-key", "-te-secret",
                                       "-iv", "-tag")))
    v["c2c-nonce-host"] = run(0x30, 16)
    v["c2c-nonce-module"] = run(0x40, 16)
    v["c2c-session"] = mac(
        key + hmac_key, v["c2c-nonce-host"] + v["c2c-nonce-module"])
    for way in ("h2m", "m2h"):
        v["c2c-" + way] = expand(
            v["c2c-session"], "c2c " + way, te_secret, 16)
    v["c2c-v3-at"] = frame(c2c_v3(v["c2c-h2m"], 0, b"AT\r"))
    v["c2c-v3-at-300"] = frame(c2c_v3(v["c2c-h2m"], 300, b"AT\r"))
    v["c2c-v3-ok"] = frame(c2c_v3(v["c2c-m2h"], 0, b"\r\nOK\r\n"))
    v["c2c-record-secret"] = run(0x50, 16)
    pair = expand(v["c2c-record-key"], "c2c pair",
                  b"\x02" + te_secret + v["c2c-record-secret"], 48)
    v["c2c-pair-key"] = pair[:16]
    v["c2c-pair-hmac-key"] = pair[16:32]
    v["c2c-pair-tag"] = pair[32:]
    v["c2c-pair-confirmation"] = c2c_v2(
        v["c2c-pair-key"], v["c2c-pair-hmac-key"], te_secret, iv,
        v["c2c-pair-tag"])


def secure_boot(v):
    """A manifest, signed by the key that RFC 6979, A.2.5 signs with."""
    private = ECC.construct(curve="P-256", d=int(
        "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721", 16))
    v["boot-image"] = b"an image"
    point = private.pointQ
    v["boot-vendor-key"] = b"\x04" + b"".join(
        int(n).to_bytes(32, "big") for n in (point.x, point.y))
    protected = cbor({1: -7})
    v["boot-payload"] = cbor({
        1: 3, 2: len(v["boot-image"]),
        3: hashlib.sha256(v["boot-image"]).digest(), 4: "1.2.3"})
    v["boot-to-be-signed"] = cbor(
        ["Signature1", protected, b"", v["boot-payload"]])
    signature = DSS.new(private, "deterministic-rfc6979").sign(
        SHA256.new(v["boot-to-be-signed"]))
    v["boot-manifest"] = cbor([protected, {}, v["boot-payload"], signature])


def block():
    v = messages()
    schedule(v)
    envelopes(v)
    chip_to_chip(v)
    secure_boot(v)
    return "".join("    %-26s%s\n" % (k, b.hex()) for k, b in v.items())


def split(text):
    """The document before, inside and after the lines of the section."""
    start = text.index(HEADING)
    lines = text[start:].splitlines(keepends=True)
    first = next(i for i, l in enumerate(lines) if l.startswith("    "))
    last = first
    while last < len(lines) and lines[last].startswith("    "):
        last += 1
    before = text[:start] + "".join(lines[:first])
    return before, "".join(lines[first:last]), "".join(lines[last:])


def main(argv):
    vectors = block()
    if len(argv) == 1:
        sys.stdout.write(vectors)
        return 0
    with open(argv[2], encoding="utf-8") as f:
        before, there, after = split(f.read())
    if argv[1] == "--write":
        with open(argv[2], "w", encoding="utf-8") as f:
            f.write(before + vectors + after)
        return 0
    if there != vectors:
        sys.stderr.write("%s: golden vectors differ\n" % argv[2])
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
