"""SFTP as `ssh` does it: names and keys of ~/.ssh/config, and no host whose key is not known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import paramiko
from fsspec.implementations.sftp import SFTPFileSystem

from .mirror import RemoteError

CONNECT_S = 15.0
# A server that says nothing for so long is gone; without it a lost network would be waited for to the end of days.
ANSWER_S = 60.0


class Sftp(SFTPFileSystem):  # type: ignore[misc]  # fsspec brings no types
    """fsspec's, but for how it connects: that one takes any key of any host."""

    protocol = "musiclog-sftp"
    cachable = False

    def _connect(self) -> None:
        options = ssh_options(self.host)
        host = options.pop("hostname")
        wanted = {**options, **self.ssh_kwargs}
        self.client = paramiko.SSHClient()
        self.client.load_system_host_keys()
        self.client.set_missing_host_key_policy(paramiko.RejectPolicy())
        try:
            self.client.connect(host, timeout=CONNECT_S, **wanted)
            self.ftp = self.client.open_sftp()
        except paramiko.BadHostKeyException as error:
            raise RemoteError(f"{self.host} has another key than it had: see what `ssh {self.host}` says") from error
        except paramiko.AuthenticationException as error:
            raise RemoteError(f"{self.host} does not let you in ({error}): does `ssh {self.host}` work?") from error
        except paramiko.SSHException as error:
            raise RemoteError(f"no connection to {self.host} ({error}): connect once with `ssh {self.host}`") from error
        except OSError as error:
            raise RemoteError(f"{self.host} cannot be reached ({error.strerror or error})") from error
        finally:
            if not hasattr(self, "ftp"):
                self.close()
        self.ftp.get_channel().settimeout(ANSWER_S)

    def cat_file(self, path: str, start: int, end: int) -> bytes:
        """All of it asked for at once: fsspec asks for 32 kB, waits, and asks for the next."""
        with self.ftp.open(path, "rb") as file:
            return b"".join(file.readv([(start, end - start)]))

    def close(self) -> None:
        """The connection has a thread, which nothing else ends."""
        self.client.close()


def ssh_options(host: str, file: Path | None = None) -> dict[str, Any]:
    """hostname, and username, port, key_filename and sock where ~/.ssh/config says them of host."""
    config = paramiko.SSHConfig()
    path = Path.home() / ".ssh" / "config" if file is None else file
    if path.is_file():
        config = paramiko.SSHConfig.from_path(str(path))
    said = config.lookup(host)
    options: dict[str, Any] = {"hostname": said.get("hostname", host)}
    if "user" in said:
        options["username"] = said["user"]
    if "port" in said:
        options["port"] = int(said["port"])
    if "identityfile" in said:
        options["key_filename"] = said["identityfile"]
    if "proxycommand" in said:
        options["sock"] = paramiko.ProxyCommand(said["proxycommand"])
    return options
