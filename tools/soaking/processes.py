"""spate as a process: started, watched, ended, and what it says of itself."""

import ctypes
import os
import re
import resource
import signal
import socket
import subprocess
import time

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1
_SERVED = re.compile(r"served (\d+) requests on (\d+) connections \((\d+) bad requests\)")
_CLOSED = re.compile(r"spate: closed (.*)")


# A program that ThreadSanitizer of GCC 12 watches can fail where the kernel places it at random.
_WITHOUT_RANDOMNESS = ["setarch", "--addr-no-randomize"]


class Failure(Exception):
    """What a person has to read."""


class Skip(Exception):
    """What this machine lacks for a scenario."""


def end_with_parent():
    """For a process that was just forked: it ends when its parent does, and by any signal."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def sanitizer_of(program):
    """'address', 'thread' or ''. Their own memory grows, so curves are not judged with them."""
    with open(program, "rb") as file:
        code = file.read()
    for name, sign in (("address", b"__asan_init"), ("thread", b"__tsan_init")):
        if sign in code:
            return name
    return ""


def free_port():
    """Below the ports that the kernel gives to clients: none of them takes it during a restart."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
        first = int(file.read().split()[0])
    for port in range(first - 1, 1024, -7):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise Failure("no port of 127.0.0.1 is free")


class Counts:
    """What spate says of itself at its end."""

    def __init__(self, text):
        served = _SERVED.search(text)
        if not served:
            raise Failure(f"spate did not sum up at its end: {text!r}")
        self.requests, self.connections, self.bad = map(int, served.groups())
        closed = _CLOSED.search(text)
        self.closed = {}
        for part in closed[1].split(", ") if closed else []:
            number, _, reason = part.partition(" ")
            # "idle, to make room" has a comma of its own.
            if number.isdigit():
                self.closed[reason] = int(number)


class Server:
    """One spate. stop() or kill() ends it. output and errors: files that it writes to;
    descriptors: its soft limit of them; join: called in the new process before it is spate."""

    def __init__(self, setting, address, options=(), output=None, errors=None, descriptors=None,
                 join=None):
        self.address = address
        self._errors = errors or os.path.join(setting.folder, "spate.err")
        self._reports = os.path.join(setting.folder, "sanitizer")
        command = [setting.program, setting.content.root, "--listen",
                   f"{address[0]}:{address[1]}", "--io", setting.backend, "--threads", "2",
                   "--no-pin", *options]
        if setting.sanitizer == "thread":
            command[:0] = _WITHOUT_RANDOMNESS
        environment = dict(os.environ)
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"):
            environment[name] = ":".join(filter(None, [
                environment.get(name), f"log_path={self._reports}", "print_stacktrace=1"]))

        def prepare():
            end_with_parent()
            if join:
                join()
            if descriptors:
                resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, setting.descriptors))

        with open(output or os.path.join(setting.folder, "spate.out"), "wb") as out, \
                open(self._errors, "wb") as err:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=err, env=environment, preexec_fn=prepare)
        self.pid = self.process.pid
        try:
            self.probes = self._wait_until_ready(setting.patience)
        except BaseException:
            self.kill()
            raise

    def _wait_until_ready(self, patience):
        give_up = time.monotonic() + patience
        while True:
            try:
                socket.create_connection(self.address, 1).close()
                return 1
            except OSError as error:
                if self.process.poll() is not None or time.monotonic() > give_up:
                    raise Failure(f"spate does not start: {error}; {self.errors()}") from error
                time.sleep(0.01)

    def errors(self):
        try:
            with open(self._errors, "rb") as file:
                return file.read().decode("utf-8", "replace").strip()
        except OSError as error:
            return str(error)

    def signal(self, number):
        self.process.send_signal(number)

    def check_alive(self):
        if self.process.poll() is not None:
            raise Failure(f"spate ended with {self.process.returncode}: {self.errors()}"
                          f"{self._sanitizer_report()}")

    def _sanitizer_report(self):
        folder, name = os.path.split(self._reports)
        texts = []
        for entry in sorted(os.listdir(folder)):
            if entry.startswith(name):
                with open(os.path.join(folder, entry), encoding="utf-8", errors="replace") as file:
                    texts.append(file.read())
        return "".join("\n" + text[:6000] for text in texts)

    def stop(self, patience, counted=True):
        """SIGTERM; raises Failure unless it ends with 0 and no complaint. Returns its counts."""
        self.check_alive()
        self.process.terminate()
        try:
            status = self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failure(f"spate did not end {patience} s after SIGTERM: "
                          f"{self.errors()}") from None
        report = self._sanitizer_report()
        if status or report:
            raise Failure(f"spate ended with {status}: {self.errors()}{report}")
        return Counts(self.errors()) if counted else None

    def kill(self):
        """For one that is not needed any more. Any number of calls."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def descriptors(self):
        """How many sockets and how many others it has open."""
        sockets = others = 0
        folder = f"/proc/{self.pid}/fd"
        for name in os.listdir(folder):
            try:
                target = os.readlink(os.path.join(folder, name))
            except OSError:
                continue  # closed meanwhile
            if target.startswith("socket:"):
                sockets += 1
            else:
                others += 1
        return sockets, others
