"""Real servers on loopback: OpenSSH's, and one that speaks S3."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

SSHD = shutil.which("sshd") or "/usr/sbin/sshd"
PATIENCE_S = 20


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(command: list[str], port: int, log: Path, **environment: str) -> Iterator[None]:
    """The server while it answers on its port."""
    with log.open("wb") as output:
        server = subprocess.Popen(command, stdout=output, stderr=output, env={**os.environ, **environment})
    try:
        answering = _answers(server, port)
        assert answering, log.read_text()
        yield
    finally:
        server.terminate()
        server.wait(PATIENCE_S)


def _answers(server: subprocess.Popen[bytes], port: int) -> bool:
    while server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S).close()
        except ConnectionRefusedError:
            try:
                server.wait(0.05)
            except subprocess.TimeoutExpired:
                continue
        else:
            return True
    return False


@dataclass(frozen=True)
class SshHost:
    """An account on an OpenSSH server, known as `cluster` in home/.ssh/config."""

    home: Path
    port: int


@pytest.fixture(scope="module")
def ssh_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshHost]:
    if not Path(SSHD).exists():
        pytest.skip("needs an OpenSSH server: apt-get install openssh-server")
    pytest.importorskip("paramiko", reason="needs the extra remote")
    there = tmp_path_factory.mktemp("sshd")
    home = tmp_path_factory.mktemp("home")
    port = free_port()
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(there / name)], check=True)
    (there / "config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {there / 'host'}\nAuthorizedKeysFile {there / 'user.pub'}\n"
        f"PidFile none\nUsePAM no\nStrictModes no\nPasswordAuthentication no\nSubsystem sftp internal-sftp\n",
        encoding="utf-8",
    )
    ssh = home / ".ssh"
    ssh.mkdir()
    kind, key, *_ = (there / "host.pub").read_text().split()
    (ssh / "known_hosts").write_text(f"[127.0.0.1]:{port} {kind} {key}\n", encoding="utf-8")
    (ssh / "config").write_text(
        f"Host cluster\n  HostName 127.0.0.1\n  Port {port}\n  IdentityFile {there / 'user'}\n", encoding="utf-8"
    )
    if os.geteuid() == 0:  # its separated process wants this empty folder
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    with serving([SSHD, "-D", "-e", "-f", str(there / "config")], port, there / "log"):
        yield SshHost(home, port)


@pytest.fixture
def cluster(ssh_server: SshHost, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SshHost:
    """Somebody at home, to whom the server is known."""
    monkeypatch.setenv("HOME", str(ssh_server.home))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return ssh_server


@pytest.fixture(scope="module")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of its endpoint."""
    for package in ("moto", "s3fs"):
        pytest.importorskip(package, reason="needs the extras remote and dev")
    port = free_port()
    log = tmp_path_factory.mktemp("s3") / "log"
    command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with serving(command, port, log):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def bucket(s3_server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """The name of a bucket, for which the environment holds endpoint and key."""
    for name, value in {
        "AWS_ENDPOINT_URL": s3_server, "AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_DEFAULT_REGION": "us-east-1", "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    return f"runs-{abs(hash(tmp_path))}"
