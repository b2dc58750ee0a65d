"""Power-on, registration, power-off and reset as published drivers do them."""
import re
import signal

from conftest import PATIENCE
from test_module_at import OK, Pty, device, service, start  # noqa: F401

# What drivers of SARA-R5 and SARA-R4 send when the module has power.
POWER_ON = [
    b"ATE0", b"AT+CMEE=2", b"AT+UDCONF=1,0", b"ATI9", b"AT&C1", b"AT&D0",
    b"AT+CGEREP=1", b"AT&K3", b"AT+UPSV=0", b"AT+UPSMR=1", b"AT+CPSMS?",
    b"AT+UMNOPROF?", b"AT+UGPRF?", b"AT+UGPRF=0", b"AT+CFUN=4", b"AT+CGMI",
    b"AT+CGMM", b"AT+CGMR", b"AT+CGSN", b"AT+CCID", b"AT+CIMI", b"AT+CPIN?",
    b"AT+URAT?", b"AT+CSGT?",
]
CONNECT = [
    b"AT+CREG=2", b"AT+CGREG=2", b"AT+CEREG=4", b'AT+CGDCONT=1,"IP","apn"',
    b"AT+UAUTHREQ=1,0", b"AT+CTZU=1", b"AT+CFUN=1", b"AT+COPS=0",
]


class Driver(Pty):
    """A host that sends commands and reads lines until the final one."""

    def line(self):
        """The next line that is not empty."""
        while True:
            text = self.port.read_until(b"\r\n")
            assert text.endswith(b"\r\n"), text
            if text.strip():
                return text.strip().decode()

    def command(self, text):
        """The lines of the answer before OK."""
        self.send(text + b"\r")
        lines = []
        while True:
            line = self.line()
            if line == "OK":
                return lines
            assert "ERROR" not in line, (text, line)
            if line.encode() != text:
                lines.append(line)

    def error(self, text):
        """The line of a command that has to fail."""
        self.send(text + b"\r")
        line = self.line()
        assert "ERROR" in line, line
        return line

    def wait(self, pattern):
        """Reads result codes until one matches."""
        while True:
            line = self.line()
            if re.fullmatch(pattern, line):
                return line


def test_a_driver_powers_on_registers_and_leaves(start, tmp_path):
    process = start("--pty", str(tmp_path / "tty"), "--offline")
    host = Driver(tmp_path / "tty")
    for text in POWER_ON:
        host.command(text)
    assert host.command(b"AT+CEREG?") == ["+CEREG: 0,0"]
    for text in (b"AT+CGACT=1,1", b"AT+UPSDA=0,3", b"AT+USECCONN"):
        assert host.error(text) == "+CME ERROR: No connection to phone"
    # The network may be there before the last command is answered.
    came = [line for text in CONNECT for line in host.command(text)]
    if "+CGEV: ME PDN ACT 1" not in came:
        host.wait(r'\+CGEV: ME PDN ACT 1')
    assert host.command(b"AT+CEREG?") == [
        '+CEREG: 4,1,"1A2B","01A2B3C4",7']
    assert host.command(b"AT+COPS?") == ['+COPS: 0,0,"Holdfast",7']
    assert host.command(b"AT+CGATT?") == ["+CGATT: 1"]
    assert host.command(b"AT+CGACT?") == ["+CGACT: 1,1"]
    host.command(b"AT+UPSD=0,0,0")
    host.command(b"AT+UPSD=0,100,1")
    host.command(b"AT+UPSDA=0,3")
    urc = host.wait(r'\+UUPSDA: 0,"[0-9.]+"')
    address = urc.split('"')[1]
    assert host.command(b"AT+CGPADDR=1") == [f'+CGPADDR: 1,"{address}"']
    assert address in host.command(b"AT+CGCONTRDP=1")[0]
    assert host.command(b"AT+CGDCONT?") == [
        f'+CGDCONT: 1,"IP","apn","{address}",0,0']
    assert host.command(b"AT+CSQ") == ["+CSQ: 25,99"]
    # The service has been called: what was sent is counted.
    sent = int(host.command(b"AT+UGCNTRD")[0].split(",")[1])
    assert sent > 0
    host.command(b"AT+CFUN=0")
    host.wait(r'\+UUPSDD: 0')
    assert host.error(b"AT+USECCONN") == "+CME ERROR: No connection to phone"
    host.command(b"AT+CPWROFF")
    assert process.wait(PATIENCE) == 0
    host.port.close()


def test_settings_outlive_power_cut_and_reset(start, tmp_path):
    process = start("--pty", str(tmp_path / "tty"))
    host = Driver(tmp_path / "tty")
    host.command(b"AT+CMEE=2")
    host.command(b'AT+CSGT=1,"Ready"')
    host.command(b'AT+CGDCONT=1,"IP","first"')
    host.command(b'AT+CGDCONT=2,"IPV4V6","second"')
    process.send_signal(signal.SIGKILL)
    process.wait(PATIENCE)
    host.port.close()
    start("--pty", str(tmp_path / "tty"), "--offline")
    host = Driver(tmp_path / "tty")
    assert host.command(b"AT+CGDCONT?") == [
        '+CGDCONT: 1,"IP","first","0.0.0.0",0,0',
        '+CGDCONT: 2,"IPV4V6","second","0.0.0.0",0,0']
    host.command(b"AT+CFUN=16")
    host.wait("Ready")
    assert host.command(b"AT+CSGT?") == ['+CSGT: "Ready",1']
    # The reset has set back what is not kept: echo is on, and CMEE is 0.
    assert host.command(b"AT+CMEE?") == ["+CMEE: 0"]
    host.port.close()


def test_the_security_client_off_leaves_the_service_alone(
        start, service, tmp_path):
    start("--pty", str(tmp_path / "tty"), "--offline")
    host = Driver(tmp_path / "tty")
    host.command(b"ATE0")
    host.command(b"AT+CMEE=2")
    host.command(b"AT+USECMODE=0")
    host.command(b"AT+CEREG=1;+CFUN=1")
    host.wait(r"\+CEREG: 1")
    off = "+CME ERROR: command implemented but currently disabled"
    assert host.error(b"AT+USECCONN") == off
    assert host.error(b"AT+USECDEVINFO?") == off
    assert host.command(b"AT+USECROTUID") == [
        '+USECROTUID: "0002000089282245"']
    assert service.quiet()
    host.command(b"AT+USECMODE=1")
    datagram, _ = service.socket.recvfrom(2048)
    assert datagram
    host.port.close()
