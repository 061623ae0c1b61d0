"""One run of one scenario: a server, a crowd of clients, what disturbs them, and the verdict."""

import os
import random
import shutil
import signal
import tempfile
import time

from . import machine, visits
from .content import FRESHNESS, Content
from .crowd import Crowd, Loop
from .curves import Curves, is_flat
from .processes import Failure, Server, sanitizer_of
from .tally import Tally

_SAMPLE = 0.25  # seconds
_STEP = 0.02
_SETTLED = 10  # seconds of load after which memory should be flat
# Sockets of a server that nobody is connected to: one listener for each of two threads.
_LISTENERS = 2
_THREADS = 2


class Setting:
    """What all scenarios of a run share. patience: seconds without any progress after which
    something counts as stuck; far more than a busy machine or a sanitizer needs."""

    def __init__(self, program, backend, seconds, seed, descriptors, isolated):
        self.program = os.path.abspath(program)
        self.backend = backend
        self.seconds = seconds
        self.seed = seed
        self.descriptors = descriptors
        self.isolated = isolated  # a network and mounts of its own
        self.sanitizer = sanitizer_of(program)
        self.patience = 60
        self.folder = None
        self.content = None

    def judges_memory(self):
        """A sanitizer's own memory grows; what becomes resident as it is used takes its time."""
        return not self.sanitizer and self.seconds >= _SETTLED

    def prepare(self, sparse):
        """A fresh folder with fresh content."""
        self.folder = tempfile.mkdtemp(prefix="spate-soak-")
        root = os.path.join(self.folder, "root")
        if self.isolated:
            machine.mount_memory_disk(os.path.join(root, "cut"), "16m")
        self.content = Content(root, sparse=sparse, slack=10.0 if self.sanitizer else 2.0,
                               cut=self.isolated)

    def clean(self):
        if self.folder:
            machine.unmount(os.path.join(self.folder, "root", "cut"))
            shutil.rmtree(self.folder)
            self.folder = None


class Run:
    """What a scenario may use. complaints: each makes the run fail; notes: told in the report."""

    def __init__(self, setting, scenario, address):
        self.setting = setting
        self.scenario = scenario
        self.address = address
        self.generator = random.Random(f"{setting.seed} {scenario.name}")
        self.curves = Curves()
        self.complaints = []
        self.notes = []
        self.server = None
        self.tally = Tally()
        self.requests = self.connections = self.bad = 0  # as spate counted them
        self.closed = {}
        self._probes = 0
        self._uncounted = False
        self._others_at_start = 0

    def start_server(self, **settings):
        self.server = Server(self.setting, self.address, self.scenario.options, **settings)
        self._probes += self.server.probes
        self._others_at_start = self.server.descriptors()[1]

    def stop_server(self, counted=True):
        counts = self.server.stop(self.setting.patience, counted)
        if counts is None:
            self._uncounted = True
            return
        self.requests += counts.requests
        self.connections += counts.connections
        self.bad += counts.bad
        for reason, number in counts.closed.items():
            self.closed[reason] = self.closed.get(reason, 0) + number

    def execute(self):
        """Runs the scenario to its end; afterwards complaints tell what was wrong."""
        scenario = self.scenario
        crowd = None
        try:
            scenario.start(self)
            crowd = Crowd(self.setting, self.address, scenario.visits, scenario.width,
                          self.setting.seconds)
            self._drive(crowd, scenario.disturb(self))
            self.tally.add(crowd.tally())
            self._expect_last_versions()
            self._await_baseline()
            self.stop_server(scenario.counted)
            self._judge()
            scenario.judge(self)
        except Failure as failure:
            self.complaints.append(str(failure))
        finally:
            if crowd is not None:
                crowd.stop()
            if self.server is not None:
                self.server.kill()
            scenario.clean(self)

    def _drive(self, crowd, disturbance):
        now = time.monotonic()
        until = now + self.setting.seconds
        disturb_at = sample_at = now
        while crowd.is_running():
            now = time.monotonic()
            if now >= until and disturbance is not None:
                disturbance.close()
                disturbance = None
            if disturbance is not None and now >= disturb_at:
                disturb_at = time.monotonic() + next(disturbance, self.setting.seconds)
            if now >= sample_at:
                self.server.check_alive()
                self.curves.sample(self.server.pid)
                sample_at = now + min(_SAMPLE, self.setting.seconds / 12)
            time.sleep(_STEP)
        if disturbance is not None:
            disturbance.close()

    def visit_every_file(self):
        """One after the other, by one client that is told of nothing but the content."""
        loop = Loop(self.address, None, self.setting.content, self.generator,
                    self.setting.patience)
        loop.run_once(visits.every_file)
        for kind, count in loop.tally.ends.items():
            self.complaints.append(f"every file: {count} {kind}")
        self.complaints += [f"every file: {text}" for text in loop.tally.wrong]
        self.tally.add(loop.tally)

    def _expect_last_versions(self):
        content = self.setting.content
        if content.replaced:
            time.sleep(FRESHNESS + 0.1)
        content.slack = 0.0
        self.visit_every_file()

    def _await_baseline(self):
        """All clients have left: no socket stays but the listeners, and no other descriptor but
        for the files that each thread keeps open."""
        content = self.setting.content
        files = len(content.names) + len(content.cut_names) + len(content.sparse_names)
        most = self._others_at_start + _THREADS * files
        give_up = time.monotonic() + self.setting.patience
        while True:
            sockets, others = self.server.descriptors()
            if sockets == _LISTENERS and others <= most:
                break
            if time.monotonic() > give_up:
                self.complaints.append(
                    f"all clients have left: {sockets} sockets instead of {_LISTENERS}, "
                    f"{others} other descriptors, {self._others_at_start} at the start")
                break
            time.sleep(_STEP)
        self.notes.append(f"when all had left: {sockets} sockets and {others} other descriptors, "
                          f"{self._others_at_start} at the start")

    def _judge(self):
        tally = self.tally
        for kind, count in tally.unexplained(self.scenario.explained).items():
            self.complaints.append(f"unexplained: {count} {kind}")
        if tally.wrong_count:
            self.complaints.append(f"{tally.wrong_count} wrong responses, such as")
            self.complaints += [f"  {text}" for text in tally.wrong]
        if not tally.answered:
            self.complaints.append("no request was answered")
        is_judged = self.scenario.stays and self.setting.judges_memory()
        if is_judged and not is_flat(self.curves.memory):
            self.complaints.append("the memory of spate has grown, see its curve")
        if not self._uncounted:
            self._compare_counts()

    def _compare_counts(self):
        """What spate counted lies between what clients saw and what they tried. A client that left
        does not know whether it was answered."""
        tally = self.tally
        served = self.requests + self.bad
        strangers = self.scenario.has_strangers
        if served < tally.answered or (served > tally.asked and not strangers):
            self.complaints.append(f"spate counted {served} requests; clients sent {tally.asked} "
                                   f"and {tally.answered} were answered")
        most = tally.connections + self._probes
        if self.connections < tally.connections_answered or (
                self.connections > most and not strangers):
            self.complaints.append(f"spate counted {self.connections} connections; clients made "
                                   f"{most}, of which {tally.connections_answered} were answered")
        if self.bad < tally.bad_answered or (self.bad > tally.bad_asked and not strangers):
            self.complaints.append(f"spate counted {self.bad} bad requests; clients sent "
                                   f"{tally.bad_asked}, {tally.bad_answered} were answered")

    def restart_server(self):
        self.stop_server()
        self.start_server()

    def pause_server(self):
        self.server.signal(signal.SIGSTOP)

    def resume_server(self):
        self.server.signal(signal.SIGCONT)
