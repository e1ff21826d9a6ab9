"""What the gateway is measured against: nginx with a key check, and a gateway as most write it."""

from pathlib import Path
from typing import Final

from bench.edge.rig import MEASURED, REST, Rig

ANSWER: Final = '{"items":[' + ",".join('{"id":"%s"}' % ("x" * 20) for _ in range(6)) + "]}"
"""About 200 bytes of JSON, which the upstream returns to everybody."""
_PLAIN: Final = Path(__file__).with_name("plain.py")
_CHECKER: Final = Path(__file__).with_name("checker.py")
_HEAD: Final = """
daemon off; worker_processes 1; error_log {folder}/{name}.error.log; pid {folder}/{name}.pid;
events {{ worker_connections 4096; }}
http {{
  access_log {log}; default_type application/json; client_max_body_size 64m;
  client_body_buffer_size 2m; keepalive_requests 100000000; keepalive_timeout 300s;
  client_body_temp_path {folder}/{name}-body; proxy_temp_path {folder}/{name}-proxy;
  fastcgi_temp_path {folder}/{name}-f; uwsgi_temp_path {folder}/{name}-u;
  scgi_temp_path {folder}/{name}-s;
"""
_UPSTREAM: Final = (
    _HEAD
    + """
  server {{ listen 127.0.0.1:{port}; location / {{ return 200 '{answer}'; }} }}
}}
"""
)
_PROXY: Final = (
    _HEAD
    + """
  upstream service {{ server 127.0.0.1:{upstream}; keepalive 256; keepalive_requests 100000000; }}
  upstream check {{ server 127.0.0.1:{check}; keepalive 256; keepalive_requests 100000000; }}
  limit_req_zone $http_authorization zone=keys:10m rate=1000000r/s;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      auth_request /check; limit_req zone=keys burst=1000000 nodelay;
      proxy_pass http://service; proxy_http_version 1.1; proxy_set_header Connection "";
    }}
    location = /check {{
      internal; proxy_pass http://check; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_pass_request_body off; proxy_set_header Content-Length "";
    }}
  }}
}}
"""
)


async def start_upstream(rig: Rig, port: int) -> None:
    """Start an nginx that answers everything at once with a small JSON."""
    text = _UPSTREAM.format(folder=rig.folder, name="upstream", log="off", port=port, answer=ANSWER)
    await _start_nginx(rig, REST, "upstream", text)
    await rig.await_port(port)


async def start_nginx(rig: Rig, python: Path, port: int, *, upstream: int, check: int) -> None:
    """Start nginx with auth_request and limit_req, and the check it asks, on the measured core."""
    checker = (str(python), str(_CHECKER), str(check), rig.cache_url)
    await rig.spawn(MEASURED, *checker)
    await rig.await_port(check)
    log = f"{rig.folder}/proxy.access.log combined buffer=64k"
    text = _PROXY.format(
        folder=rig.folder, name="proxy", log=log, port=port, upstream=upstream, check=check
    )
    await _start_nginx(rig, MEASURED, "proxy", text)
    await rig.await_port(port)


async def start_plain(rig: Rig, python: Path, port: int, *, upstream: int) -> None:
    """Start FastAPI with httpx and redis-py, written plainly, in an environment of its own."""
    command = (str(python), str(_PLAIN), str(port), str(upstream), rig.cache_url)
    await rig.spawn(MEASURED, *command)
    await rig.await_port(port)


async def _start_nginx(rig: Rig, core: int, name: str, text: str) -> None:
    config = rig.folder / f"{name}.conf"
    config.write_text(text)
    await rig.spawn(core, "nginx", "-c", str(config), "-e", str(rig.folder / "nginx.log"))
