"""Who is measured, and with which command line each is started for a work item."""

import os
import shutil

from . import client
from .processes import Failure, Server

# In the order of the tables. "-file": the floor that sends the file by sendfile instead of memory.
NAMES = ["spate-uring", "spate-epoll", "floor-uring", "floor-epoll", "floor-uring-file",
         "floor-epoll-file", "nginx"]
_SENDFILE_FROM = 64 * 1024  # bytes; below that no server would call sendfile

SPATE_CONNECTIONS = 8192
SPATE_FEWEST_CONNECTIONS = 64  # the instance whose memory is taken for that of no connections


def select(text):
    """The names that a list like "spate,floor-epoll,nginx" means, in the order of NAMES."""
    chosen = set()
    for part in text.split(","):
        matching = [name for name in NAMES if name == part or name.startswith(part + "-")]
        if not matching:
            raise Failure(f"no server is named {part!r}; known: {', '.join(NAMES)}, "
                          "and spate and floor for all of theirs")
        chosen.update(matching)
    return [name for name in NAMES if name in chosen]


def serves(name, work):
    """Whether this server takes part in this work item."""
    if name.endswith("-file"):
        return work.size >= _SENDFILE_FROM and work.depth == 1
    return True


class Servers:
    """Starts servers from one build folder, on one processor, with one root folder of files."""

    def __init__(self, repository, build, root, directory, cpu):
        self.repository = repository
        self.build = build
        self.root = root
        self.directory = directory  # for logs and nginx's files
        self.cpu = cpu
        self.started = 0

    def program(self, name):
        """The path of the program behind a server's name; Failure if it is not there."""
        if name == "nginx":
            path = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
            if path is None:
                raise Failure("nginx is not installed: apt-get install nginx-light "
                              "(or leave it out: --servers spate,floor)")
            return path
        if name.startswith("spate-"):
            path = os.path.join(self.build, "spate")
        else:
            path = os.path.join(self.build, "bench", "floor", "floor_" + name.split("-")[1])
        if not os.access(path, os.X_OK):
            raise Failure(f"{path} is not built: cmake --preset release && cmake --build --preset "
                          "release (or leave it out by --servers)")
        return path

    def start(self, name, work, connections=SPATE_CONNECTIONS, wrapper=()):
        """A server that answers this work item. wrapper: a program and options to run it under."""
        port = client.free_port()
        argv = [self.program(name)]
        if name == "nginx":
            argv += self._nginx_options(port)
        elif name.startswith("spate-"):
            argv += [self.root, "--listen", f"127.0.0.1:{port}", "--threads", "1", "--no-pin",
                     "--io", name.split("-")[1], "--max-connections", str(connections)]
        else:
            argv += ["--port", str(port)]
            if name.endswith("-file"):
                argv += ["--file", os.path.join(self.root, work.file_name)]
            else:
                argv += ["--body", str(work.size)]
            argv += ["--pipeline"] * (work.depth > 1) + ["--close"] * work.close
        self.started += 1
        log_path = os.path.join(self.directory, f"{self.started}-{name}.log")
        server = Server(name, [*wrapper, *argv], port, self.cpu, log_path)
        try:
            client.wait_until_ready(server, patience=60.0 if wrapper else 20.0)
        except BaseException:
            server.stop()
            raise
        return server

    def _nginx_options(self, port):
        directory = os.path.join(self.directory, f"nginx-{port}")
        os.mkdir(directory)
        template = os.path.join(self.repository, "bench", "rivals", "nginx.conf.in")
        with open(template, encoding="utf-8") as file:
            text = file.read()
        values = {
            # As root nginx would give its worker to another user, who may not read our files.
            "USER": "user root;" if os.geteuid() == 0 else "",
            "DIRECTORY": directory,
            "ROOT": self.root,
            "PORT": str(port),
            "CONNECTIONS": "20000",
        }
        # The comment of the template speaks of @ signs too; only known names are replaced.
        for name, value in values.items():
            text = text.replace(f"@{name}@", value)
        configuration = os.path.join(directory, "nginx.conf")
        with open(configuration, "w", encoding="utf-8") as file:
            file.write(text)
        return ["-p", directory, "-c", configuration, "-e", os.path.join(directory, "early.log")]
