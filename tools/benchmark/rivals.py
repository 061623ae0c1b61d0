"""The other servers: their programs, their configurations and how each gets the same cores."""

import os
import re
import shutil
import subprocess

from . import documents
from .processes import Failure

NAMES = ["nginx", "nginx-60s", "h2o", "lighttpd", "caddy"]

# Words that print the version.
_VERSION = {"nginx": "-v", "h2o": "--version", "lighttpd": "-v", "caddy": "version"}

_NGINX_MODULES = "/usr/lib/nginx/modules"
_BROTLI_MODULE = "ngx_http_brotli_static_module.so"

# Open files that nginx may keep: more than the files of any work item, and room for connections
# beneath 20,000 descriptors.
_NGINX_FILES = 11000
_CONNECTIONS = 20000


def program(name):
    """The path of a rival's program; Failure if it is not there."""
    name = name.partition("-")[0]
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if path is None:
        raise Failure(f"{name} is not installed: tools/install_dependencies bench "
                      "(or leave it out: --servers)")
    return path


def version(name):
    path = program(name)
    done = subprocess.run([path, _VERSION[name.partition("-")[0]]], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=20, check=False)
    first = done.stdout.strip().split("\n")[0]
    return re.sub(r"^nginx version: | - a light and fast webserver$", "", first)


def _made_locations():
    """The answers of the load-test target, as nginx gives them: whole from its configuration."""
    lines = []
    for target, (content_type, body) in documents.MADE.items():
        text = body or documents.body_of(int(target.rpartition("/")[2]))
        lines.append(f"location = {target} {{ default_type {content_type}; "
                     f"return 200 '{text.decode('ascii')}'; }}")
    return "\n        ".join(lines)


def _nginx_values(name, workers, is_made):
    brotli = os.path.join(_NGINX_MODULES, _BROTLI_MODULE)
    has_brotli = os.path.exists(brotli)
    return {
        "MODULES": f"load_module {brotli};" if has_brotli else "",
        "BROTLI": "brotli_static on;" if has_brotli else "",
        "VALID": "60s" if name == "nginx-60s" else "1s",
        "FILES": str(_NGINX_FILES),
        "WORKERS": str(workers),
        "MADE": _made_locations() if is_made else "",
    }


def configuration(repository, name, directory, root, port, workers, is_made=False):
    """The text of the configuration of one rival. is_made: it is asked for what the load-test
    target makes, which files do not pay for."""
    kind = name.partition("-")[0]
    template = os.path.join(repository, "bench", "rivals", f"{kind}.conf.in")
    with open(template, encoding="utf-8") as file:
        text = file.read()
    values = {"DIRECTORY": directory, "ROOT": root, "PORT": str(port), "WORKERS": str(workers),
              "CONNECTIONS": str(_CONNECTIONS), "USER": ""}
    if os.geteuid() == 0:
        # As root they would give their workers to another user, who may not read our files.
        values["USER"] = {"nginx": "user root;", "h2o": "user: root"}.get(kind, "")
    if kind == "nginx":
        values |= _nginx_values(name, workers, is_made)
    if kind == "lighttpd" and workers == 1:
        values["WORKERS"] = "0"  # serves in the process itself; 1 is a process that only watches
    # The comments of the templates speak of @ signs too; only known names are replaced.
    for key, value in values.items():
        text = text.replace(f"@{key}@", value)
    return text


def command(name, path, directory, workers):
    """The words that start a rival with the configuration at `path`."""
    kind = name.partition("-")[0]
    executable = program(name)
    if kind == "nginx":
        return [executable, "-p", directory, "-c", path, "-e",
                os.path.join(directory, "early.log")]
    if kind == "h2o":
        return [executable, "-m", "worker", "-c", path]
    if kind == "lighttpd":
        return [executable, "-D", "-f", path]
    return ["env", f"GOMAXPROCS={workers}", f"HOME={directory}", f"XDG_DATA_HOME={directory}",
            f"XDG_CONFIG_HOME={directory}", executable, "run", "--adapter", "caddyfile",
            "--config", path]
