"""What the server, its processors and the load generator did during a run."""

import os
import time


class _Processors:
    """How some processors have spent their time so far, by /proc/stat; seconds, 10 ms coarse."""

    def __init__(self, cpus):
        ticks = os.sysconf("SC_CLK_TCK")
        sums = [0.0] * 8
        names = {f"cpu{cpu}" for cpu in cpus}
        with open("/proc/stat", encoding="ascii") as stat:
            for line in stat:
                fields = line.split()
                if fields[0] in names:
                    sums = [a + int(b) / ticks for a, b in zip(sums, fields[1:9])]
        user, nice, system, idle, iowait, irq, softirq, steal = sums
        self.busy = user + nice + system + irq + softirq
        self.idle = idle + iowait
        self.irq = irq + softirq
        self.steal = steal

    def since(self, earlier):
        """Differences by name."""
        return {name: value - getattr(earlier, name) for name, value in vars(self).items()}


def is_counted_by_bytes(work):
    """Of long responses many are under way at the end of a round; their bytes were sent all the
    same."""
    return work.size >= 1 << 20


class Meter:
    """Measures between start() and stop(). cpus: server and client are sets of processors."""

    def __init__(self, server, cpus):
        self.server = server
        self.cpus = cpus

    def start(self):
        self._client = _Processors(self.cpus.client)
        self._server = _Processors(self.cpus.server)
        self._usage = self.server.usage()
        self._began = time.monotonic()

    def stop(self):
        self.seconds = time.monotonic() - self._began
        used = self.server.usage()
        self.used = used.since(self._usage) if used else None
        self.server_cores = _Processors(self.cpus.server).since(self._server)
        self.client_cores = _Processors(self.cpus.client).since(self._client)

    def result(self, outcome, work, response_bytes):
        """The result of one round, ready for JSON. outcome: what the load generator reports."""
        seconds = outcome["seconds"]
        requests = outcome["requests"]
        if is_counted_by_bytes(work):
            requests = outcome["bytes"] / response_bytes
        result = {
            "requests": requests,
            "requests_per_second": requests / seconds,
            "bytes_per_second": outcome["bytes"] / seconds,
            "client_seconds": outcome["client_seconds"],
            "client_share": outcome["client_seconds"] / seconds / len(self.cpus.client),
            "client_core_idle": self.client_cores["idle"] / self.seconds / len(self.cpus.client),
            "steal_share": (self.server_cores["steal"] + self.client_cores["steal"]) /
                           self.seconds,
            **{key: outcome[key] for key in outcome if key.endswith("_us")},
            "seconds": seconds,
            "bytes": outcome["bytes"],
            "errors": {kind: count for kind, count in outcome["errors"].items() if count},
        }
        if self.used is None:  # a server whose processes can not be seen
            return result
        cores = len(self.cpus.server)
        # The server's part of them, should it not have its processors for itself.
        irq = min(self.server_cores["irq"] * self.used.total /
                  max(self.used.total, self.server_cores["busy"]), self.used.system)
        return result | {
            "cpu_us": self.used.total * 1e6 / requests,
            "cpu_user_us": self.used.user * 1e6 / requests,
            "cpu_system_us": (self.used.system - irq) * 1e6 / requests,
            # Interrupts on the server's processors, nearly all of them the network's; the kernel
            # counts them as system time of whoever was running.
            "cpu_irq_us": irq * 1e6 / requests,
            "server_share": self.used.total / self.seconds / cores,
            # What others took of the server's processors.
            "others_share": max(0.0, self.server_cores["busy"] - self.used.total) /
                            self.seconds / cores,
        }


def client_was_the_limit(rounds):
    """Whether, in most rounds, the load generator had all it could get of its processors while the
    server had room."""
    full = sum(1 for r in rounds
               if (r["client_share"] >= 0.95 or
                   (r["client_core_idle"] <= 0.03 and r["client_share"] >= 0.8))
               and r.get("server_share", 0.0) < 0.95)
    return full * 2 > len(rounds)
