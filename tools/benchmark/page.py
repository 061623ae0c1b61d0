"""The report as one HTML file that needs nothing else: styles, data and charts are in it.

Charts are drawn by Chart.js, which npm installs into page/node_modules when it is first needed.
"""

import html
import json
import os
import shlex
import shutil
import subprocess

from . import machine, tables
from .processes import Failure

_FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "page")
_LIBRARY = os.path.join(_FOLDER, "node_modules")
_LICENCES = ["chart.js/LICENSE.md", "@kurkle/color/LICENSE.md"]
_PICTURE_SIZE = (860, 420)


def _read(*names):
    with open(os.path.join(*names), encoding="utf-8") as file:
        return file.read()


def _install_library():
    """As tools/test does: what is installed is known by a copy of the lock file."""
    lock = os.path.join(_FOLDER, "package-lock.json")
    mark = os.path.join(_LIBRARY, ".installed")
    if os.path.exists(mark) and _read(mark) == _read(lock):
        return
    try:
        done = subprocess.run(["npm", "--prefix", _FOLDER, "ci", "--ignore-scripts", "--no-audit",
                               "--no-fund"], capture_output=True, text=True, check=False)
    except OSError as error:
        raise Failure(f"the HTML report needs Chart.js, and npm cannot be run: {error}") from error
    if done.returncode != 0:
        raise Failure(f"the HTML report needs Chart.js, and npm failed:\n{done.stderr.strip()}")
    shutil.copyfile(lock, mark)


def _list(pairs):
    return "<dl>" + "".join(f"<dt>{html.escape(name)}</dt><dd>{html.escape(str(value))}</dd>"
                            for name, value in pairs) + "</dl>"


def _details(title, content, is_open=False):
    return (f"<details{' open' if is_open else ''}><summary>{html.escape(title)}</summary>\n"
            f"{content}\n</details>\n")


def _preformatted(text):
    return f"<pre>{html.escape(text)}</pre>"


def _tables(records):
    parts = []
    for work in records.works():
        rows = records.summaries(work)
        parts.append(_details(f"{rows[0]['title']} ({work})",
                              tables.TABLES[rows[0]["kind"]](rows).html()))
    return "".join(parts)


def _servers(records):
    parts = []
    for row in records.of_type("server"):
        content = _preformatted(shlex.join(row["command"]))
        if row.get("configuration"):
            content += _preformatted(row["configuration"])
        parts.append(_details(" · ".join(filter(None, [row["server"], row.get("version")])),
                              content))
    return "".join(parts)


def _commands(records):
    parts = []
    seen = set()
    for row in records.of_type("command"):
        if row["work"] in seen:
            continue
        seen.add(row["work"])
        more = f", the first of {row['requests']:,}" if row["requests"] > 1 else ""
        parts.append(_details(row["work"], _preformatted(shlex.join(row["command"])) +
                              f"<p>The request{more}:</p>" + _preformatted(row["request"])))
    return "".join(parts)


def _facts(facts):
    pairs = []
    for name, value in facts.items():
        if name in ("type", "mitigations", "arguments") or value in ("", None):
            continue
        if isinstance(value, list):
            value = ", ".join(map(str, value))
        pairs.append((name.replace("_", " "), value))
    pairs += [(f"mitigation: {name}", state) for name, state in facts["mitigations"].items()]
    return _list(pairs)


def _section(title, content, identifier):
    return (f"<section id={identifier}><h2>{html.escape(title)}</h2>\n{content}</section>\n"
            if content else "")


def _optional(records, kind, make):
    rows = records.of_type(kind)
    return make(rows).html() if rows else ""


def render(records):
    """The whole page."""
    _install_library()
    facts = records.machine()
    values = {
        "STYLE": _read(_FOLDER, "style.css"),
        "FACTS": "".join(f"<li>{html.escape(line)}</li>" for line in machine.describe(facts)),
        "COMMAND": html.escape(shlex.join(["tools/bench", *facts["arguments"]])),
        "COMPARISON": _section("Two revisions", _optional(
            records, "comparison", tables.comparison_table), "comparison"),
        "BARS": _section("What was asked for", _optional(records, "bar", tables.bars_table),
                         "bars"),
        "FEATURES": _section("What each server does otherwise", _optional(
            records, "features", tables.features_table), "features"),
        "TABLES": _section("All numbers", _tables(records), "tables"),
        "SERVERS": _section("Command lines and configurations", _servers(records), "servers"),
        "COMMANDS": _section("How the load was made", _commands(records), "commands"),
        "MACHINE": _section("The machine", _details("all facts", _facts(facts)), "machine"),
        "LICENCES": "\n".join(_preformatted(_read(_LIBRARY, name)) for name in _LICENCES),
        # "</script>" in a string would end the element.
        "DATA": json.dumps(records.of_type("summary"), ensure_ascii=False).replace("</", "<\\/"),
        "LIBRARY": _read(_LIBRARY, "chart.js", "dist", "chart.umd.min.js").replace(
            "//# sourceMappingURL=chart.umd.min.js.map", ""),
        "CHARTS": _read(_FOLDER, "charts.js"),
    }
    parts = _read(_FOLDER, "template.html").split("@@")
    return "".join(values[part] if i % 2 else part for i, part in enumerate(parts))


def write(path, records):
    with open(path, "w", encoding="utf-8") as file:
        file.write(render(records))


def write_picture(page, picture):
    """The chart that the README shows, as Chromium draws it."""
    width, height = _PICTURE_SIZE
    chromium = shutil.which("chromium")
    if chromium is None:
        raise Failure("the picture needs Chromium: tools/install_dependencies bench")
    done = subprocess.run(
        [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
         "--force-device-scale-factor=2", f"--window-size={width},{height}",
         "--virtual-time-budget=3000", f"--screenshot={picture}",
         f"file://{os.path.abspath(page)}#picture"],
        capture_output=True, text=True, timeout=120, check=False)
    if done.returncode != 0 or not os.path.exists(picture):
        raise Failure(f"Chromium made no picture of {page}:\n{done.stderr.strip()}")
