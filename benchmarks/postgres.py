"""A PostgreSQL server of one's own, where its programs are installed (Debian: postgresql)."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
from contextlib import suppress
from pathlib import Path

import psutil

_USER = "postgres"


def programs() -> Path | None:
    """The folder of the newest initdb of this machine; None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    other = shutil.which("initdb")
    return Path(other).parent if other else None


class Postgres:
    """One server on a free port of the loopback; may be killed and started again."""

    def __init__(self, folder: Path) -> None:
        place = programs()
        if place is None:
            raise RuntimeError("no PostgreSQL here; install it (Debian: apt-get install postgresql)")
        self._bin, self.folder = place, folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"postgresql://{_USER}@127.0.0.1:{self.port}/postgres"
        folder.mkdir(parents=True)
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            for path in (folder, *folder.parents):
                if path == Path("/tmp") or path == Path("/"):
                    break
                path.chmod(path.stat().st_mode | 0o055)
            owner = pwd.getpwnam(_USER)
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        self._run("initdb", "-D", str(folder), "-U", _USER, "-A", "trust", "-N")

    def start(self) -> None:
        """Start, and wait until it answers."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200"
        log = self.folder / "log"
        self._run("pg_ctl", "-D", str(self.folder), "-l", str(log), "-w", "-o", options, "start")

    def kill(self) -> None:
        """End every process of it without a word."""
        number = int((self.folder / "postmaster.pid").read_text().splitlines()[0])
        whole = [psutil.Process(number), *psutil.Process(number).children(recursive=True)]
        for one in whole:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        psutil.wait_procs(whole, timeout=10)
        (self.folder / "postmaster.pid").unlink(missing_ok=True)

    def stop(self) -> None:
        """End it."""
        self._run("pg_ctl", "-D", str(self.folder), "-m", "immediate", "stop")

    def _run(self, *words: str) -> None:
        command = [str(self._bin / words[0]), *words[1:]]
        if os.geteuid() == 0:
            command = ["setpriv", f"--reuid={_USER}", f"--regid={_USER}", "--init-groups", *command]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              cwd="/", check=False, timeout=120)  # fmt: skip
        if done.returncode != 0:
            raise RuntimeError(f"{words[0]}: {done.stderr.decode(errors='replace')[-500:]}")
