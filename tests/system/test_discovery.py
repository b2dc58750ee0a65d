"""The device port answers coap-client, on IPv4 and IPv6."""
import shutil
import subprocess

import pytest

from conftest import PATIENCE


def coap_client(url):
    """What Debian's coap-client gets from a resource."""
    client = shutil.which("coap-client") or shutil.which("coap-client-notls")
    done = subprocess.run([client, "-B", "5", "-m", "get", url],
                          capture_output=True, text=True, timeout=PATIENCE)
    return done.stdout + done.stderr


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_well_known_core(service, host):
    got = coap_client(f"coap://{host}:{service.device_port}/.well-known/core")
    assert "</.well-known/edhoc>" in got
    assert "rt=core.edhoc" in got.replace('"', "")
    assert "ed-method=3" in got.replace('"', "")


def test_unknown_path(service):
    got = coap_client(f"coap://127.0.0.1:{service.device_port}/nothing")
    assert "4.04" in got
