"""OSCORE against an implementation that is not ours: tshark's dissector.

Random contexts and exchanges are written by our own code; tshark derives the
keys from the same master secrets, verifies every tag and shows plaintexts,
which must be those that went in.
"""
import os
import pathlib
import re
import struct
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / os.environ.get("HOLDFAST_BUILD", "build")
TOOL = BUILD / "tests/unit/oscore/oscore_exchanges"
FIELDS = ("secret", "salt", "id_context", "client_id", "server_id",
          "request", "request_text", "response", "response_text")
COUNT = 100
RAW_IP = 101
CLIENT, SERVER = (bytes([10, 0, 0, 1]), 40000), (bytes([10, 0, 0, 2]), 5683)


def exchanges(seed):
    """COUNT exchanges as dictionaries of hex strings, "" for none."""
    print(f"HOLDFAST_SEED={seed}")
    out = subprocess.run([TOOL, str(seed), str(COUNT)], check=True,
                         capture_output=True, text=True).stdout
    return [dict(zip(FIELDS, line.replace("-", "").split(" ")))
            for line in out.splitlines()]


def packet(source, target, datagram):
    """An IPv4 packet around a datagram, without checksums."""
    udp = struct.pack(">HHHH", source[1], target[1], 8 + len(datagram), 0)
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 28 + len(datagram), 0, 0, 64, 17, 0)
    return ip + source[0] + target[0] + udp + datagram


def capture_write(path, packets):
    """A capture file, one packet a second."""
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535,
                              RAW_IP))
        for second, data in enumerate(packets):
            out.write(struct.pack("<IIII", second, 0, len(data), len(data)))
            out.write(data)


def context_row(case):
    """A line of tshark's table of contexts, the client being the sender."""
    values = (case["client_id"], case["server_id"], case["secret"],
              case["salt"], case["id_context"], "AES-CCM-16-64-128 (CCM*)")
    return ",".join(f'"{value}"' for value in values)


def capture(tmp_path, cases):
    """tshark's arguments: a capture of request, response, request, ... and
    the contexts."""
    packets = []
    arguments = []
    for case in cases:
        packets.append(packet(CLIENT, SERVER, bytes.fromhex(case["request"])))
        packets.append(packet(SERVER, CLIENT, bytes.fromhex(case["response"])))
        arguments += ["-o", f"uat:oscore_contexts:{context_row(case)}"]
    path = tmp_path / "exchanges.pcap"
    capture_write(path, packets)
    return ["-r", path, *arguments]


def tshark(arguments):
    """What tshark prints."""
    return subprocess.run(["tshark", *arguments], check=True,
                          capture_output=True, text=True).stdout


def plaintext(dump):
    """The plaintext in a frame's hex dump, None when there is none."""
    _, found, dump = dump.partition("Decrypted OSCORE (")
    if not found:
        return None
    lines = re.findall(r"^[0-9a-f]{4}  ((?:[0-9a-f]{2} )+)", dump, re.M)
    return "".join(lines).replace(" ", "")


def plaintexts(arguments):
    """The plaintext of each frame, whether its tag verifies or not."""
    frames = tshark([*arguments, "-x"]).strip().split("\n\n")
    assert len(frames) == 2 * COUNT
    return [plaintext(frame) for frame in frames]


def refused(arguments):
    """How many frames have a tag that does not verify."""
    return len(tshark([*arguments, "-Y",
                       "oscore.tag_check_failed"]).splitlines())


def test_tshark_opens_what_we_protect(tmp_path):
    cases = exchanges(int(os.environ.get("HOLDFAST_SEED", "8613"), 0))
    assert len(cases) == COUNT
    arguments = capture(tmp_path, cases)
    texts = plaintexts(arguments)
    for case, request, response in zip(cases, texts[::2], texts[1::2]):
        assert request == case["request_text"], case
        assert response == case["response_text"], case
    assert refused(arguments) == 0


def test_tshark_refuses_what_was_touched(tmp_path):
    """So that the test above is known to look at tags at all."""
    cases = exchanges(1)
    for case in cases:
        for name in ("request", "response"):
            data = bytearray.fromhex(case[name])
            data[-1] ^= 1
            case[name] = data.hex()
    assert refused(capture(tmp_path, cases)) == 2 * COUNT
