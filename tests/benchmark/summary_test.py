"""From rounds to rows: ratios, places, and when tools/bench refuses to give any."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tools"))

# pylint: disable=wrong-import-position
from benchmark import (bars, h2load, meter, open_loop, processes, servers, summary,  # noqa: E402
                       tables, work, workers)

WORK = work.Work("file-128", "128 B")


def a_round(cpu_us, rate=100.0, **more):
    return {"cpu_us": cpu_us, "requests_per_second": rate, "errors": {}, "client_share": 0.5,
            "client_core_idle": 0.5, "server_share": 0.99, "others_share": 0.0,
            "steal_share": 0.0, "p99_us": 100.0, "p999_us": 200.0, **more}


def client_bound(cpu_us, rate=100.0):
    return a_round(cpu_us, rate, client_share=0.99, client_core_idle=0.0, server_share=0.6)


def rows_of(rounds, item=WORK):
    memory = {name: processes.Memory(rss=1 << 20) for name in rounds}
    sizes = dict.fromkeys(rounds, 400)
    return {row["server"]: row for row in summary.summarise(item, rounds, memory, sizes)}


class Ratios(unittest.TestCase):
    def test_are_taken_within_a_round(self):
        # The machine became twice as slow after the first round; the ratio stays what it is.
        rows = rows_of({"spate-epoll": [a_round(4.0), a_round(8.0), a_round(8.0)],
                        "floor-epoll": [a_round(2.0), a_round(4.0), a_round(4.0)],
                        "nginx": [a_round(8.0), a_round(16.0), a_round(16.0)]})
        self.assertEqual(rows["spate-epoll"]["to_floor"], 2.0)
        self.assertEqual(rows["spate-epoll"]["to_nginx"], 0.5)

    def test_of_long_files_are_to_the_floor_that_sends_files(self):
        rounds = {"spate-uring": [a_round(4.0)], "floor-uring": [a_round(1.0)],
                  "floor-uring-file": [a_round(2.0)]}
        long = work.Work("file-1m", "1 MiB", size=1 << 20)
        self.assertEqual(rows_of(rounds, long)["spate-uring"]["to_floor"], 2.0)
        del rounds["floor-uring-file"]
        self.assertIsNone(rows_of(rounds, long)["spate-uring"]["to_floor"])
        self.assertEqual(rows_of(rounds)["spate-uring"]["to_floor"], 4.0)

    def test_of_a_site_are_to_the_floor_that_answers_each_target(self):
        site = work.Work("site", "a site", files="site", size=0)
        rows = rows_of({"spate-uring": [a_round(5.0)], "floor-uring": [a_round(4.0)],
                        "floor-epoll": [a_round(2.0)], "nginx": [a_round(8.0)]}, site)
        self.assertEqual(rows["spate-uring"]["to_floor"], 1.25)

    def test_floors_are_compared_with_nginx_too(self):
        rows = rows_of({"floor-uring": [a_round(4.0)], "nginx": [a_round(8.0)]})
        self.assertEqual(rows["floor-uring"]["to_nginx"], 0.5)
        self.assertNotIn("to_floor", rows["floor-uring"])

    def test_to_best_is_to_the_cheaper_of_nginx_and_h2o(self):
        rows = rows_of({"spate-uring": [a_round(4.0)], "nginx": [a_round(8.0)],
                        "h2o": [a_round(5.0)]})
        self.assertEqual(rows["spate-uring"]["to_best"], 0.8)

    def test_of_latency_at_a_given_rate_have_a_spread(self):
        open_loop = work.Work("open-loop", "open loop", kind="open-loop")
        rows = rows_of({
            "spate-epoll": [a_round(4.0, p99_us=80.0, p999_us=p999) for p999 in (100, 200, 300)],
            "nginx": [a_round(8.0, waited_us=30_000.0, lateness_us=1.0, lateness_p999_us=90.0)
                      for _ in range(3)]}, open_loop)
        row = rows["spate-epoll"]
        self.assertEqual((row["to_nginx"], row["to_nginx_deviation"]), (0.8, 0.0))
        self.assertEqual((row["p999_to_nginx"], row["p999_to_nginx_deviation"]), (1.0, 0.5))
        self.assertEqual(summary.notes(rows["nginx"]), ["load generator late by 90 µs (p99.9)"])
        self.assertIn(" 30.00 |", tables.open_loop_table(list(rows.values())).markdown())

    def test_need_somebody_to_compare_with(self):
        rows = rows_of({"spate-uring": [a_round(4.0)]})
        self.assertIsNone(rows["spate-uring"]["to_nginx"])

    def test_a_server_whose_processes_can_not_be_seen_has_no_processor_time(self):
        hidden = {key: value for key, value in a_round(0).items()
                  if key not in ("cpu_us", "server_share", "others_share")}
        memory = {"there:80": None, "nginx": processes.Memory()}
        rows = summary.summarise(WORK, {"there:80": [hidden], "nginx": [a_round(8.0)]}, memory,
                                 {"there:80": 900, "nginx": 400})
        self.assertIsNone(rows[0]["cpu_us"])
        self.assertIsNone(rows[0]["rank_by_cpu"])
        self.assertEqual(rows[1]["rank_by_cpu"], 1)
        self.assertIn("there:80", tables.load_table(rows).markdown())
        self.assertEqual(summary.notes(rows[0]), ["sends 2.2 x the bytes"])
        self.assertEqual(summary.notes(rows[1]), [])


class Parts(unittest.TestCase):
    def test_add_up_to_the_whole(self):
        rounds = [a_round(user + system + 1.0, cpu_user_us=user, cpu_system_us=system,
                          cpu_irq_us=1.0) for user, system in ((1.0, 6.0), (3.0, 5.0), (2.0, 9.0))]
        row = rows_of({"nginx": rounds})["nginx"]
        self.assertEqual(row["cpu_us"], 9.0)
        parts = [row["cpu_user_us"], row["cpu_system_us"], row["cpu_irq_us"]]
        self.assertAlmostEqual(sum(parts), 9.0)
        self.assertAlmostEqual(parts[1] / parts[0], 3.0)


class Places(unittest.TestCase):
    def test_by_both_when_the_servers_were_the_limit(self):
        rows = rows_of({"spate-uring": [a_round(4.0, 200)], "nginx": [a_round(8.0, 100)],
                        "floor-uring": [a_round(2.0, 300)]})
        self.assertEqual(rows["spate-uring"]["rank_by_rate"], 1)
        self.assertEqual(rows["nginx"]["rank_by_rate"], 2)
        self.assertIsNone(rows["floor-uring"]["rank_by_cpu"], "a floor is no server")

    def test_none_by_requests_when_the_load_generator_was_the_limit_of_one(self):
        rows = rows_of({"spate-uring": [client_bound(4.0, 200)], "nginx": [a_round(8.0, 100)]})
        self.assertTrue(rows["spate-uring"]["client_was_the_limit"])
        self.assertIsNone(rows["spate-uring"]["rank_by_rate"])
        self.assertIsNone(rows["nginx"]["rank_by_rate"])
        self.assertEqual(rows["spate-uring"]["rank_by_cpu"], 1)
        self.assertEqual(rows["nginx"]["rank_by_cpu"], 2)

    def test_a_floor_that_the_load_generator_held_up_spoils_nothing(self):
        rows = rows_of({"nginx": [a_round(8.0)], "floor-epoll": [client_bound(2.0)]})
        self.assertEqual(rows["nginx"]["rank_by_rate"], 1)

    def test_none_by_requests_when_others_used_the_processor(self):
        rows = rows_of({"nginx": [a_round(8.0, others_share=0.3)], "h2o": [a_round(9.0)]})
        self.assertIsNone(rows["h2o"]["rank_by_rate"])
        self.assertEqual(rows["h2o"]["rank_by_cpu"], 2)

    def test_none_for_who_made_errors(self):
        rows = rows_of({"nginx": [a_round(8.0, errors={"read": 3}), a_round(8.0)],
                        "h2o": [a_round(9.0), a_round(9.0)]})
        self.assertEqual(rows["nginx"]["errors"], {"read": 3})
        self.assertIsNone(rows["nginx"]["rank_by_cpu"])
        self.assertEqual(rows["h2o"]["rank_by_cpu"], 1)


class ClientWasTheLimit(unittest.TestCase):
    def test_most_rounds_decide(self):
        self.assertTrue(meter.client_was_the_limit([client_bound(1)] * 2 + [a_round(1)]))
        self.assertFalse(meter.client_was_the_limit([client_bound(1)] + [a_round(1)] * 2))

    def test_not_when_the_server_was_full_as_well(self):
        both = client_bound(1) | {"server_share": 0.99}
        self.assertFalse(meter.client_was_the_limit([both]))


class Meter(unittest.TestCase):
    def test_long_responses_are_counted_by_their_bytes(self):
        measured = meter.Meter(None, work_cpus())
        measured.used = None
        measured.seconds = 1.0
        measured.server_cores = {"steal": 0.0}
        measured.client_cores = {"steal": 0.0, "idle": 0.0}
        outcome = {"requests": 10, "bytes": 74 << 20, "seconds": 1.0, "client_seconds": 0.5,
                   "errors": {}}
        long = work.Work("file-1m", "1 MiB", size=1 << 20)
        self.assertEqual(measured.result(outcome, long, 1 << 20)["requests"], 74)
        self.assertEqual(measured.result(outcome, WORK, 500)["requests"], 10)


def work_cpus():
    class Cpus:
        server = frozenset({0})
        client = frozenset({1})
    return Cpus


class Waiting(unittest.TestCase):
    def test_of_a_process_is_counted_in_seconds(self):
        waited = processes.waited([os.getpid()])
        if waited is not None:  # not every kernel counts it
            self.assertGreaterEqual(waited, 0.0)
        self.assertIsNone(processes.waited([2 ** 22 + 1]))


class Workers(unittest.TestCase):
    WORK = work.Work("workers", "two workers against one", kind="workers")

    def test_as_cheap_as_two_processes_are_twice_as_fast(self):
        ones = [a_round(3.0, client_seconds=0.4, requests=200_000) for _ in range(3)]
        twos = [a_round(cpu_us, client_seconds=0.8, requests=200_000)
                for cpu_us in (3.0, 4.0, 2.0)]
        row = workers.summarise(self.WORK, "spate-uring", ones, twos)
        self.assertEqual(row["speed_up"], 2.0)
        self.assertEqual(row["speed_up_deviation"], 0.5)
        self.assertEqual((row["one_client_us"], row["two_client_us"]), (2.0, 4.0))
        self.assertIn("| spate-uring |", tables.workers_table([row]).markdown())

    def test_load_generator_has_processors_of_its_own_where_there_are_four(self):
        self.assertEqual(workers.place((0, 2, 1, 3)).client, {1, 3})
        self.assertEqual(workers.place((0, 2, 1)).client, {0, 2})
        with self.assertRaises(processes.Failure):
            workers.place((0,))

    def test_what_servers_used_together_is_the_sum(self):
        class Server:
            name = "nginx"

            def usage(self):
                return processes.Usage(3.0, 1.0, 2.0)

        used = workers.Together([Server(), Server()]).usage()
        self.assertEqual((used.total, used.user, used.system), (6.0, 2.0, 4.0))


class Percentiles(unittest.TestCase):
    def test_by_the_nearest_rank(self):
        found = h2load.percentiles(range(1000, 0, -1))
        self.assertEqual(found["p50_us"], 501)
        self.assertEqual(found["p999_us"], 1000)
        self.assertEqual(found["max_us"], 1000)

    def test_of_nothing_are_none(self):
        self.assertEqual(h2load.percentiles([]), {})


class Duration(unittest.TestCase):
    def seconds(self, items, names, rounds):
        """Of load alone, with the seconds in which servers warm up."""
        starter = servers.Servers("", "", "", "", [0])
        found = 0
        for item in items:
            count = sum(starter.takes_part(name, item) for name in names)
            if item.kind == "open-loop":
                found += 1 + count * (1 + open_loop.FEWEST_ROUNDS * open_loop.FEWEST_SECONDS)
            elif item.kind == "workers":
                found += count * workers.FEWEST_ROUNDS * 2
            elif item.kind == "load":
                found += count * (1 + rounds)
        return found

    def test_leaves_time_to_start_and_check_servers(self):
        self.assertLess(self.seconds(work.WORKS, servers.NAMES, 5), 20 * 60)
        quick = [item for item in work.WORKS if item.name in work.QUICK_WORKS]
        self.assertLess(self.seconds(quick, servers.QUICK_NAMES, 3), 100)


class Bars(unittest.TestCase):
    def judge(self, **row):
        row = {"work": "file-128", "server": "spate-uring", "errors": {}, **row}
        return {bar["bar"]: bar for bar in bars.judge([row])}

    def test_met_and_not(self):
        judged = self.judge(to_floor=1.04, to_nginx=0.71)
        self.assertIs(judged["128 B: CPU/request to the floor"]["met"], True)
        self.assertIs(judged["128 B: CPU/request to nginx"]["met"], False)

    def test_errors_meet_nothing(self):
        judged = self.judge(to_floor=1.0, to_nginx=None, errors={"read": 1})
        self.assertIs(judged["128 B: CPU/request to the floor"]["met"], False)
        self.assertIsNone(judged["128 B: CPU/request to nginx"]["met"])

    def test_of_the_load_test_target(self):
        for name, bar, key, limit in [
                ("plaintext", "/plaintext: CPU/request to the floor", "to_floor", 1.10),
                ("json", "/json: CPU/request to the floor", "to_floor", 1.10),
                ("bytes-1024", "/bytes/1024: CPU/request to the floor", "to_floor", 1.10),
                ("plaintext-pipelined", "16-deep pipelined /plaintext: CPU/request", "cpu_us",
                 0.70)]:
            self.assertIn(name, [item.name for item in work.WORKS])
            for value, met in [(limit, True), (limit + 0.01, False)]:
                judged = self.judge(work=name, **{key: value})
                self.assertEqual(list(judged), [bar])
                self.assertIs(judged[bar]["met"], met)

    def test_two_workers_must_reach_their_number(self):
        row = {"work": "workers", "server": "spate-epoll", "errors": {}, "speed_up": 1.95}
        self.assertIs(bars.judge([row])[0]["met"], True)
        self.assertIs(bars.judge([row | {"speed_up": 1.8}])[0]["met"], False)


if __name__ == "__main__":
    unittest.main()
