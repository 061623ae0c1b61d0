"""Who is measured, and with which command line each is started for a work item."""

import os

from . import client, documents, rivals
from .processes import Failure, Server
from .work import SENDFILE_FROM

# In the order of the tables. "-file": the floor that sends the file by sendfile instead of memory.
SPATE = ["spate-uring", "spate-epoll"]
FLOORS = ["floor-uring", "floor-epoll", "floor-uring-file", "floor-epoll-file"]
NAMES = [*SPATE, *FLOORS, *rivals.NAMES]
QUICK_NAMES = [*SPATE, "floor-uring", "floor-epoll", "nginx", "h2o", "lighttpd", "caddy"]

SPATE_CONNECTIONS = 8192
SPATE_FEWEST_CONNECTIONS = 64  # the instance whose memory is taken for that of no connections

_ANSWERS = "answers"  # the file that tells a floor what answers which target

# Who answers what the load-test target makes; nginx does by its configuration, as people use it.
_MAKERS = ["floor-uring", "floor-epoll", "nginx"]


def select(text):
    """The names that a list like "spate,floor-epoll,nginx" means, in the order of NAMES."""
    chosen = set()
    for part in text.split(","):
        matching = [part] if part in NAMES else [name for name in NAMES
                                                 if name.startswith(part + "-")]
        if not matching:
            raise Failure(f"no server is named {part!r}; known: {', '.join(NAMES)}; spate "
                          "and floor mean all of theirs")
        chosen.update(matching)
    return [name for name in NAMES if name in chosen]


class Servers:
    """Starts servers on some processors, with a worker for each of them.

    builds: programs of spate by label; the servers LABEL-uring and LABEL-epoll run them.
    running: servers that somebody else has started, by name.
    """

    def __init__(self, repository, build, root, directory, cpus):
        self.repository = repository
        self.build = build
        self.roots = {"": root}     # folders of files, by Work.files; "" is for all others
        self.directory = directory  # for logs and configurations
        self.cpus = cpus
        self.builds = {"spate": os.path.join(build, "spate")}
        self.running = {}
        self.started = 0

    def root(self, work):
        """The folder of the files of a work item. The large tree is written when it is first asked
        for: to write it takes seconds that few runs need."""
        if work.files == "tree" and "tree" not in self.roots:
            self.roots["tree"] = os.path.join(self.directory, "tree")
            documents.write_tree(self.roots["tree"])
        return self.roots.get(work.files, self.roots[""])

    def is_spate(self, name):
        label, _, backend = name.rpartition("-")
        return label in self.builds and backend in ("uring", "epoll")

    def is_floor(self, name):
        return name in FLOORS

    def takes_part(self, name, work):
        """Whether this server takes part in this work item."""
        if work.files == "made":
            return self.is_spate(name) or name in _MAKERS
        if name in self.running:
            # The open-loop generator knows this machine only.
            return (work.kind == "load" or
                    (work.kind == "open-loop" and self.running[name].is_local))
        if work.kind == "workers":
            # nginx beside ours tells what of it is the machine's.
            return self.is_spate(name) or name == "nginx"
        if self.is_floor(name):
            # A floor has few responses, and starting is no merit of it.
            if name.endswith("-file"):
                return (work.files == "single" and work.kind != "start" and
                        work.size >= SENDFILE_FROM and work.depth == 1)
            return work.files in ("single", "site") and work.kind != "start"
        if name == "nginx-60s":
            return work.kind == "load"
        return True

    def expected(self, name, work, requests):
        """Requests of a work item, with what this server has to answer: a floor has letters, as
        many as there are to be bytes."""
        is_other = work.files == "made" and self.is_floor(name)
        return [request.of_any_bytes() for request in requests] if is_other else requests

    def program(self, name):
        """The path of the program behind a server's name; Failure if it is not there."""
        if self.is_spate(name):
            path = self.builds[name.rpartition("-")[0]]
        elif self.is_floor(name):
            path = os.path.join(self.build, "bench", "floor", "floor_" + name.split("-")[1])
        else:
            return rivals.program(name)
        if not os.access(path, os.X_OK):
            raise Failure(f"{path} is not built: cmake --preset release && cmake --build --preset "
                          "release (or leave it out by --servers)")
        return path

    def start(self, name, work, connections=SPATE_CONNECTIONS, wrapper=(), workers=None,
              cpus=None, wait=True):
        """A server that answers this work item. wrapper: a program and options to run it under;
        workers, cpus: instead of one for each of the processors of servers; wait: until it
        accepts connections."""
        if name in self.running:
            return self.running[name]
        workers = workers or len(self.cpus)
        port = client.free_port()
        self.started += 1
        directory = os.path.join(self.directory, f"{self.started}-{name}")
        os.mkdir(directory)
        if self.is_spate(name):
            argv = self._spate_command(name, work, port, connections, workers)
        elif self.is_floor(name):
            argv = self._floor_command(name, work, port, directory)
            if work.files == "site":
                documents.write_site_answers(self.root(work), os.path.join(directory, _ANSWERS))
        else:
            argv = self._rival_command(name, work, port, workers, directory)
        server = Server(name, [*wrapper, *argv], port, cpus or self.cpus,
                        os.path.join(directory, "output.log"))
        try:
            if wait:
                client.wait_until_ready(server, patience=60.0 if wrapper else 20.0)
        except BaseException:
            server.stop()
            raise
        return server

    def _spate_command(self, name, work, port, connections, workers):
        return [self.program(name), self.root(work), "--listen", f"127.0.0.1:{port}",
                "--threads", str(workers), "--no-pin" if workers == 1 else "--pin",
                "--io", name.rpartition("-")[2], "--max-connections", str(connections * workers),
                *["--target"] * (work.files == "made")]

    def _floor_command(self, name, work, port, directory):
        argv = [self.program(name), "--port", str(port)]
        if work.files == "site":
            argv += ["--answers", os.path.join(directory, _ANSWERS)]
        elif name.endswith("-file"):
            argv += ["--file", os.path.join(self.root(work), f"{work.size}.bin")]
        else:
            argv += ["--body", str(work.size)]
        return argv + ["--pipeline"] * (work.depth > 1) + ["--close"] * work.close

    def _rival_command(self, name, work, port, workers, directory):
        path = os.path.join(directory, "configuration")
        text = rivals.configuration(self.repository, name, directory, self.root(work), port,
                                    workers, work.files == "made")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return rivals.command(name, path, directory, workers)

    def describe(self, name, work):
        """One row for the report: version, command line and configuration."""
        role = ", as a load-test target" if work.files == "made" else ""
        row = {"type": "server", "server": name + role}
        if name in self.running:
            return row | {"command": self.running[name].argv, "cpus": self.running[name].cpus()}
        directory, port, workers = "DIRECTORY", 8080, len(self.cpus)
        if self.is_spate(name):
            argv = self._spate_command(name, work, port, SPATE_CONNECTIONS, workers)
        elif self.is_floor(name):
            argv = self._floor_command(name, work, port, directory)
        else:
            argv = rivals.command(name, os.path.join(directory, "configuration"), directory,
                                  workers)
            row["version"] = rivals.version(name)
            row["configuration"] = rivals.configuration(self.repository, name, directory, "ROOT",
                                                        port, workers, work.files == "made")
        return row | {"command": self.general(argv)}

    def general(self, argv):
        """A command line without the folders of this run."""
        words = {self.directory: "DIRECTORY", self.repository: ".",
                 **{root: "ROOT" for root in self.roots.values()}}
        longest_first = sorted(words.items(), key=lambda item: -len(item[0]))
        general = []
        for text in argv:
            for path, word in longest_first:
                text = text.replace(path, word)
            general.append(text)
        return general
