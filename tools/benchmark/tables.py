"""Tables as Markdown, which is readable in a terminal too, and as HTML."""

import html

from . import robust, summary


def number(value, digits=2):
    return "" if value is None else f"{value:,.{digits}f}"


def milliseconds(microseconds):
    return "" if microseconds is None else f"{microseconds / 1000:,.2f}"


def mebibytes(value, digits=1):
    return "" if value is None else f"{value / 2**20:,.{digits}f}"


class Table:
    """Titles, rows of texts, and a note beneath. The first column and those named in `left` are
    flush left."""

    def __init__(self, titles, rows, left=("notes",), note=""):
        self.titles = titles
        self.rows = rows
        self.note = note
        self._flush_left = [i == 0 or title in left for i, title in enumerate(titles)]

    def markdown(self):
        cells = [self.titles, *self.rows]
        widths = [max(len(row[i]) for row in cells) for i in range(len(self.titles))]

        def line(row):
            return "| " + " | ".join(
                cell.ljust(width) if to_left else cell.rjust(width)
                for cell, width, to_left in zip(row, widths, self._flush_left)) + " |"

        rule = "|" + "|".join("-" * (width + 1) + ("-" if to_left else ":")
                              for width, to_left in zip(widths, self._flush_left)) + "|"
        text = "\n".join([line(self.titles), rule, *map(line, self.rows)])
        return f"{text}\n\n{self.note}" if self.note else text

    def html(self):
        def line(row, tag):
            return "<tr>" + "".join(
                f"<{tag} class=left>{html.escape(cell)}</{tag}>" if to_left else
                f"<{tag}>{html.escape(cell)}</{tag}>"
                for cell, to_left in zip(row, self._flush_left)) + "</tr>"

        body = "\n".join(line(row, "td") for row in self.rows)
        note = f"<p class=note>{html.escape(self.note)}</p>" if self.note else ""
        return (f"<div class=wide><table>\n<thead>{line(self.titles, 'th')}</thead>\n"
                f"<tbody>\n{body}\n</tbody></table></div>{note}")


CLIENT_BOUND = ("client-bound: the load generator's core was full and the server's was not. "
                "Requests/s is the generator's there, so nobody is ranked by it; CPU per request "
                "still ranks.")


def load_table(rows):
    lines = [[
        row["server"],
        number(row["requests_per_second"], 0),
        number(row["requests_per_second_deviation"], 0),
        number(row["cpu_us"]),
        number(row["cpu_us_deviation"]),
        number(row["cpu_user_us"]),
        number(row["cpu_system_us"]),
        number(row["cpu_irq_us"]),
        "" if row["server_share"] is None else f"{row['server_share']:.0%}",
        milliseconds(row["p50_us"]),
        milliseconds(row["p99_us"]),
        milliseconds(row["p999_us"]),
        mebibytes(row["memory"] and row["memory"]["rss"]),
        number(row.get("to_floor")),
        number(row.get("to_nginx")),
        "" if row["rank_by_cpu"] is None else str(row["rank_by_cpu"]),
        "" if row["rank_by_rate"] is None else str(row["rank_by_rate"]),
        "; ".join(summary.notes(row)),
    ] for row in rows]
    note = CLIENT_BOUND if any(row["client_was_the_limit"] for row in rows) else ""
    return Table(["server", "req/s", "±", "CPU µs/req", "±", "user", "system", "irq", "core",
                  "p50 ms", "p99 ms", "p99.9 ms", "RSS MiB", "x floor", "x nginx", "by CPU",
                  "by req/s", "notes"], lines, note=note)


def open_loop_table(rows):
    lines = [[
        row["server"],
        number(row["requests_per_second"], 0),
        *(milliseconds(row.get(key)) for key in
          ("p50_us", "p99_us", "p99_us_deviation", "p999_us", "p999_us_deviation",
           "max_us", "waited_us", "lateness_p999_us")),
        number(row["cpu_us"]),
        *(number(row.get(key)) for key in ("to_nginx", "to_nginx_deviation", "p999_to_nginx",
                                           "p999_to_nginx_deviation")),
        str(row["rounds"]),
        "; ".join(summary.notes(row)),
    ] for row in rows]
    return Table(["server", "req/s", "p50 ms", "p99 ms", "±", "p99.9 ms", "±", "max ms",
                  "waits ms/s", "client late ms", "CPU µs/req", "p99 x nginx", "±",
                  "p99.9 x nginx", "±", "rounds", "notes"], lines, note=(
                      "Each request has its time, which does not wait for earlier responses; "
                      "latency counts from that time. waits: how long the server was ready to run "
                      "in a second while somebody else had its processor. client late: p99.9 of "
                      "the load generator's own delays, which are in the latencies."))


def memory_table(rows):
    lines = [[
        row["server"],
        mebibytes(row["before"]["user"], 2),
        mebibytes(row["after"]["user"], 2),
        mebibytes(row["after"]["rss"], 2),
        mebibytes(row["after"]["pss"], 2),
        number(row["growth"], 0),
        number(row.get("with_preallocation"), 0),
        number(row["whole"], 0),
    ] for row in rows]
    return Table(["server", "user MiB before", "after", "RSS", "PSS", "B/connection growth",
                  "with preallocation", "whole process"], lines, note=(
                      "user: anonymous, shared and dirty pages. with preallocation: less what the "
                      "same server holds at --max-connections 64. whole process: all user memory "
                      "over the connections. The kernel's own memory is not in these numbers."))


def start_table(rows):
    return Table(["server", "first response ms", "±", "starts"], [[
        row["server"], number(row["first_response_ms"]),
        number(row["first_response_ms_deviation"]), str(row["rounds"])] for row in rows])


def workers_table(rows):
    return Table(["server", "two processes: CPU µs/req", "client's",
                  "two workers: CPU µs/req", "client's", "speed-up", "±", "rounds"], [[
                      row["server"], number(row["one_us"]), number(row.get("one_client_us")),
                      number(row["two_us"]), number(row.get("two_client_us")),
                      number(row["speed_up"]), number(row["speed_up_deviation"]),
                      str(row["rounds"])] for row in rows], note=(
                          "two processes: of one worker each, under the same load on the same "
                          "processors as two workers of one process. speed-up: two workers' "
                          "requests in the processor time of two cores, against one worker's in "
                          "that of one. Servers and load generator are scheduled as batch jobs, "
                          "and every round has servers of its own."))


def freshness(row):
    if "fresh_after_s" not in row:
        return "not tested"
    return "over 3 s" if row["fresh_after_s"] is None else f"{row['fresh_after_s']:.2f} s"


def features_table(rows):
    """Who does otherwise. rows: of type features."""
    return Table(["server", "head bytes", "replaced file served after", "does otherwise"], [[
        row["server"], str(row["head_bytes"]), freshness(row),
        "; ".join(row["differences"]) or "nothing"] for row in rows], left=("does otherwise",))


def bars_table(bars):
    def verdict(bar):
        return {True: "met", False: "NOT MET", None: ""}[bar["met"]]

    return Table(["bar", "server", "asked", "measured", "verdict"], [[
        bar["bar"], bar["server"],
        f"at {'least' if bar['at_least'] else 'most'} {bar['limit']:g}{bar['unit']}",
        "not measured" if bar["measured"] is None else f"{bar['measured']:,.2f}{bar['unit']}",
        verdict(bar)] for bar in bars], left=("server", "verdict"))


def comparison_table(rows):
    return Table(["work", "server", "measure", "old", "new", "±", "new / old", "chance",
                  "verdict"], [[
        row["work"], row["server"], row["measure"], number(row["old"]), number(row["new"]),
        number(row["deviation"]), number(row["ratio"], 3), f"{row['chance']:.3f}",
        row["verdict"]] for row in rows], left=("server", "measure", "verdict"), note=(
            f"More or less: the medians are further apart than {robust.DEVIATIONS:g} times the "
            "larger median absolute deviation (±), and rounds in pairs point one way so often that "
            f"chance alone would do so in less than {robust.CHANCE:.0%} of cases."))


TABLES = {"load": load_table, "open-loop": open_loop_table, "idle": memory_table,
          "start": start_table, "workers": workers_table}
