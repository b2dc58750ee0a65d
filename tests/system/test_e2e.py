"""The seed's HELLO example (6.2.3), decrypted by PyCryptodome as it prints."""
import binascii
import json
import subprocess
from base64 import b64decode

import pytest
from Cryptodome.Cipher import AES

from conftest import PATIENCE


def aesccm_dec(enc_data, keyb64, nonceb64, mac_len):
    """The seed's own function, but that it returns what the seed prints."""
    key = b64decode(keyb64)
    nonce = b64decode(nonceb64)
    mac_len = mac_len // 8
    key_id_len = 16 if enc_data[0] == '1' else 11
    ciphertext = binascii.unhexlify(enc_data[key_id_len*2:-mac_len*2])
    tag = binascii.unhexlify(enc_data[-mac_len*2:])
    cipher = AES.new(key, AES.MODE_CCM, nonce=nonce, mac_len=mac_len)
    plaintext = cipher.decrypt_and_verify(ciphertext, tag)
    return plaintext


def parameters(account, header,
               path="/v1/GetE2EDecryptionParameters"):
    """The call as the seed types it: (text, decoded)."""
    done = subprocess.run(
        ["curl", "-s", "-X", "POST", account.service.url + path,
         "-H", "accept: application/json",
         "-H", "Content-Type: application/json",
         "-H", f"Authorization: {account.token}",
         "-d", json.dumps({"EncryptedHeader": header})],
        capture_output=True, text=True, check=True, timeout=PATIENCE)
    return done.stdout, json.loads(done.stdout)


@pytest.fixture(params=[0, 1], ids=["V1", "V2"])
def version(module, request):
    """Both envelopes; the module is left as it was."""
    got = module.command(f'AT+USECOPCMD="e2e_enc",{request.param}')
    assert got == b"\r\nOK\r\n"
    got = module.command('AT+USECOPCMD="e2e_enc"')
    assert got == b'\r\n+USECOPCMD: "e2e_enc",%d\r\n\r\nOK\r\n' % request.param
    yield request.param + 1
    module.command('AT+USECOPCMD="e2e_enc",0')


def test_hello(module, account, version):
    message = module.encrypt(b"HELLO")
    assert len(message) == (37 if version == 1 else 24)
    header_len = 16 if message[0] >> 4 == 1 else 11
    assert header_len == (16 if version == 1 else 11)
    text, answer = parameters(account, message[:header_len].hex())
    suite, bits = (("AES_128_CCM", 128) if version == 1
                   else ("AES_128_CCM_8", 64))
    assert text.strip() == (
        '{\n  "CipherSuite": "%s",\n  "Key": "%s",\n  "MACLength": %d,\n'
        '  "Nonce": "%s"\n}' % (suite, answer["Key"], bits, answer["Nonce"]))
    if version == 1:
        assert b64decode(answer["Nonce"]) == message[4:16]
    assert aesccm_dec(message.hex(), answer["Key"], answer["Nonce"],
                      answer["MACLength"]) == b"HELLO"


def test_newer_call_names_the_device(module, account, version):
    message = module.encrypt(b"x")
    header = message[:16 if version == 1 else 11].hex().upper()
    _, answer = parameters(account, header,
                           "/v1/e2e/uplink/protectionparameters/get")
    assert answer["ROTPublicUID"] == module.ready["uid"]
    _, old = parameters(account, header)
    assert {k: v for k, v in answer.items() if k != "ROTPublicUID"} == old


def test_every_flipped_bit_is_refused(module, account, version):
    message = module.encrypt(b"HELLO")
    header_len = 16 if version == 1 else 11
    _, answer = parameters(account, message[:header_len].hex())
    for bit in range(8 * header_len, 8 * len(message)):
        bad = bytearray(message)
        bad[bit // 8] ^= 1 << bit % 8
        with pytest.raises(ValueError):
            aesccm_dec(bytes(bad).hex().replace(
                bytes(bad[:header_len]).hex(), message[:header_len].hex(), 1),
                answer["Key"], answer["Nonce"], answer["MACLength"])
    for bit in range(8 * header_len):
        bad = bytearray(message)
        bad[bit // 8] ^= 1 << bit % 8
        status, text = account.curl(
            "/v1/GetE2EDecryptionParameters",
            {"EncryptedHeader": bytes(bad[:header_len]).hex()})
        if status != 200:
            assert status in (400, 404), text
            continue
        other = json.loads(text)
        with pytest.raises(ValueError):
            aesccm_dec(message.hex(), other["Key"], other["Nonce"],
                       other["MACLength"])


def test_sizes_and_bytes(module, account, version, rng):
    """Raw bytes of every value, empty-ish and large, come back."""
    header_len = 16 if version == 1 else 11
    for size in (1, 2, 15, 16, 17, 255, 1024, 4096):
        plaintext = rng.randbytes(size)
        message = module.encrypt(plaintext)
        assert len(message) == size + (32 if version == 1 else 19)
        _, answer = parameters(account, message[:header_len].hex())
        assert aesccm_dec(message.hex(), answer["Key"], answer["Nonce"],
                          answer["MACLength"]) == plaintext


def test_file_of_the_module(module, account, version):
    got = module.command('AT+UDWNFILE="reading",5', b"HELLO")
    assert got == b"\r\nOK\r\n"
    module.socket.sendall(b'AT+USECE2EFILEENC="reading"\r')
    got = b""
    while not got.endswith(b'"\r\n\r\nOK\r\n'):
        got += module.receive()
    head, _, rest = got.partition(b',"')
    length = int(head.rpartition(b" ")[2])
    message = rest[:length]
    assert length == (37 if version == 1 else 24)
    _, answer = parameters(account,
                           message[:16 if version == 1 else 11].hex())
    assert aesccm_dec(message.hex(), answer["Key"], answer["Nonce"],
                      answer["MACLength"]) == b"HELLO"
    assert module.command('AT+UDELFILE="reading"') == b"\r\nOK\r\n"
    assert module.error('AT+USECE2EFILEENC="reading"').startswith("+CME")


def test_headers_that_are_refused(module, account):
    message = module.encrypt(b"HELLO")
    header = message[:16].hex()
    for bad in ("", "11", header[:-2], header + "00", "3" + header[1:],
                "1201" + header[4:], header[:-1] + "1", "zz" + header[2:],
                "22" + header[2:22]):
        status, text = account.curl("/v1/GetE2EDecryptionParameters",
                                    {"EncryptedHeader": bad})
        assert status == 400, (bad, text)
        assert json.loads(text)["status"] == 400
    status, _ = account.curl("/v1/GetE2EDecryptionParameters",
                             {"EncryptedHeader": "1101" + "77" * 12 + "0000"})
    assert status == 404
    status, _ = account.curl("/v1/GetE2EDecryptionParameters",
                             {"EncryptedHeader": header}, token="")
    assert status == 401
