"""The servers that are compared, and the configuration that makes them comparable: the same tree,
index.html, precompressed siblings where a server knows them, no listing, no logs."""

import os
import shutil
import subprocess

from benchmark import client
from benchmark.processes import Failure, Server

RIVALS = ["nginx", "h2o", "lighttpd", "caddy"]

_NGINX = """
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log crit;
events {{ worker_connections 512; }}
http {{
  access_log off;
  types {{ text/html html; text/plain txt; }}
  default_type application/octet-stream;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  gzip_static on;
  gzip_vary on;
  server {{ listen 127.0.0.1:{port}; root {root}; index index.html; }}
}}
"""

_H2O = """
{user}
listen: {{ host: 127.0.0.1, port: {port} }}
pid-file: {folder}/h2o.pid
error-log: {folder}/error.log
num-threads: 1
file.index: [ index.html ]
file.dirlisting: OFF
file.send-compressed: ON
hosts: {{ default: {{ paths: {{ "/": {{ file.dir: {root} }} }} }} }}
"""

# A body in GET is refused unless asked for; the other servers ignore it.
_LIGHTTPD = """
server.document-root = "{root}"
server.bind = "127.0.0.1"
server.port = {port}
server.pid-file = "{folder}/lighttpd.pid"
server.errorlog = "{folder}/error.log"
server.http-parseopts = ( "method-get-body" => "enable" )
server.modules = ( )
index-file.names = ( "index.html" )
mimetype.assign = ( ".html" => "text/html", ".txt" => "text/plain" )
"""

_CADDY = """
{{
  admin off
  auto_https off
  log {{
    output discard
  }}
  servers {{
    protocols h1
  }}
}}
:{port} {{
  bind 127.0.0.1
  root * {root}
  file_server {{
    precompressed zstd br gzip
  }}
}}
"""


def _program(name):
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if path is None:
        raise Failure(f"{name} is not installed: tools/install_dependencies test")
    return path


def _configure(name, text, folder, root, port):
    user = ""
    if os.geteuid() == 0:
        # As root they would give their workers to another user, who may not read our files.
        user = {"nginx": "user root;", "h2o": "user: root"}.get(name, "")
    path = os.path.join(folder, "configuration")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.format(folder=folder, root=root, port=port, user=user))
    return path


def _rival_command(name, folder, root, port):
    program = _program(name)
    template = {"nginx": _NGINX, "h2o": _H2O, "lighttpd": _LIGHTTPD, "caddy": _CADDY}[name]
    path = _configure(name, template, folder, root, port)
    if name == "nginx":
        return [program, "-p", folder, "-c", path, "-e", os.path.join(folder, "early.log")]
    if name == "h2o":
        return [program, "-m", "worker", "-c", path]
    if name == "lighttpd":
        return [program, "-D", "-f", path]
    return ["env", f"HOME={folder}", f"XDG_DATA_HOME={folder}", f"XDG_CONFIG_HOME={folder}",
            program, "run", "--adapter", "caddyfile", "--config", path]


def check_spate(program, backend):
    """Why spate can not run with this backend on this machine; nothing if it can."""
    if not os.access(program, os.X_OK):
        raise Failure(f"{program} is not built: cmake --preset release && "
                      "cmake --build --preset release (or name another: --spate)")
    check = subprocess.run([program, "--check-system", "--io", backend], capture_output=True,
                           text=True, check=False)
    return check.stderr.strip() if check.returncode != 0 else ""


def start(name, spate, backend, folder, root):
    """Starts a server with its files in `folder`. Failure if it is not there or does not start."""
    folder = os.path.join(folder, name)
    os.makedirs(folder)
    port = client.free_port()
    if name == "spate":
        command = [spate, root, "--listen", f"127.0.0.1:{port}", "--threads", "1", "--no-pin",
                   "--io", backend]
    else:
        command = _rival_command(name, folder, root, port)
    cpus = sorted(os.sched_getaffinity(0))
    server = Server(name, command, port, {cpus[port % len(cpus)]},
                    os.path.join(folder, "output.log"))
    try:
        client.wait_until_ready(server)
    except BaseException:
        server.stop()
        raise
    return server
