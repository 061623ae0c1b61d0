#!/usr/bin/env python3
"""What Prometheus scrapes: every line of /metrics is of its text format (version 0.0.4), and holds
what rules and dashboards rely on. And /stats, which tells the same in JSON."""

import collections
import json
import re
import urllib.request

import serving

REQUESTS = 40

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL = r'[a-zA-Z_]\w*="(?:[^"\\]|\\[\\"n])*"'
SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(\{" + LABEL + "(?:," + LABEL + r")*\})?"
                    r" (NaN|[+-]?Inf|-?\d+(?:\.\d+)?(?:e[+-]\d+)?)")


class PrometheusTest(serving.ServingTest):
    def setUp(self):
        super().setUp()
        self.write("a.txt", b"content")
        self.start("--admin", "0")
        self.admin = re.search(r"admin +(http://127\.0\.0\.1:\d+/)",
                               (self.folder / "spate.out").read_text())[1]
        for _ in range(REQUESTS):
            self.fetch(self.url + "a.txt")
        # A client may have its answer before the worker knows that it is out.
        self.wait_until(lambda: sum(
            self.samples()["spate_service_time_seconds_count"].values()) >= REQUESTS)

    def fetch(self, url):
        with urllib.request.urlopen(url, timeout=serving.PATIENCE) as response:
            return response.read().decode()

    def metrics(self):
        return self.fetch(self.admin + "metrics")

    def samples(self):
        """By name and labels, whose first one is the worker: {name: {(worker, rest): value}}."""
        families = collections.defaultdict(dict)
        for line in self.metrics().splitlines():
            if line.startswith("#"):
                continue
            name, labels, value = SAMPLE.fullmatch(line).groups()
            labels = dict(re.findall(r'(\w+)="([^"]*)"', labels or ""))
            key = (labels.pop("worker", None), *labels.values())
            families[name][key] = float(value.replace("Inf", "inf"))
        return families

    def test_every_line_is_of_the_format(self):
        text = self.metrics()
        self.assertTrue(text.endswith("\n"))
        described, typed, seen, current = set(), {}, set(), None
        for line in text.splitlines():
            if line.startswith("# HELP "):
                name = line.split(" ", 3)[2]
                self.assertNotIn(name, described, "one HELP for each")
                self.assertTrue(NAME.fullmatch(name), line)
                described.add(name)
                current = name
            elif line.startswith("# TYPE "):
                _, _, name, kind = line.split(" ")
                self.assertEqual(name, current, "TYPE stands behind its HELP")
                self.assertNotIn(name, typed)
                self.assertIn(kind, ("counter", "gauge", "histogram"))
                typed[name] = kind
            else:
                sample = SAMPLE.fullmatch(line)
                self.assertTrue(sample, line)
                self.assertNotIn((sample[1], sample[2]), seen, "each sample once")
                seen.add((sample[1], sample[2]))
                suffix = sample[1].removeprefix(current)
                allowed = (("_bucket", "_sum", "_count") if typed[current] == "histogram"
                           else ("",))
                self.assertIn(suffix, allowed, "samples stand behind their TYPE")
        for name, kind in typed.items():
            self.assertTrue(name.startswith("spate_"), name)
            self.assertEqual(kind == "counter", name.endswith("_total"), name)

    def test_counters_are_exact_and_only_grow(self):
        first = self.samples()
        self.assertEqual(sum(first["spate_requests_total"].values()), REQUESTS)
        self.assertEqual({worker for worker, in first["spate_requests_total"]}, {"0", "1"})
        self.assertEqual(sum(first["spate_responses_total"].values()), REQUESTS)
        self.assertEqual({status for _, status in first["spate_responses_total"]}, {"200"})
        self.fetch(self.url + "a.txt")
        second = self.samples()
        self.assertEqual(sum(second["spate_requests_total"].values()), REQUESTS + 1)
        for name in first:
            if name.endswith(("_total", "_count", "_sum", "_bucket")):
                for key, value in first[name].items():
                    self.assertGreaterEqual(second[name][key], value, (name, key))

    def test_histograms_are_cumulative(self):
        samples = self.samples()
        for name in ("spate_service_time_seconds", "spate_delay_lateness_seconds"):
            for worker in ("0", "1"):
                buckets = [(float(bound), value) for (whose, bound), value
                           in samples[name + "_bucket"].items() if whose == worker]
                bounds, values = zip(*buckets)
                self.assertEqual(list(bounds), sorted(bounds))
                self.assertEqual(list(values), sorted(values))
                self.assertEqual(buckets[-1], (float("inf"), samples[name + "_count"][worker,]))
        self.assertEqual(sum(samples["spate_service_time_seconds_count"].values()), REQUESTS)

    def test_stats_are_by_worker_and_summed(self):
        stats = json.loads(self.fetch(self.admin + "stats"))
        self.assertEqual(set(stats), {"version", "backend", "uptime_seconds", "workers", "sum",
                                      "network", "verdict"})
        self.assertEqual(len(stats["workers"]), 2)
        total = stats["sum"]
        self.assertEqual(total["requests"], REQUESTS)
        self.assertEqual(total["responses"], {"200": REQUESTS})
        for name, value in total.items():
            if isinstance(value, int):
                of_each = [worker[name] for worker in stats["workers"]]
                self.assertEqual(value, sum(of_each), name)
        self.assertEqual(sum(count for _, count in total["service_time_buckets"]), REQUESTS)
        time = total["service_time_seconds"]
        self.assertEqual(time["count"], REQUESTS)
        order = ["min", "p50", "p90", "p99", "p999", "p9999", "max"]
        self.assertEqual([time[name] for name in order], sorted(time[name] for name in order))
        self.assertGreater(time["min"], 0)
        self.assertIsNone(total["delay_lateness_seconds"]["max"], "there were none")
        self.assertEqual(stats["verdict"]["limit"], "none")


if __name__ == "__main__":
    serving.main()
