"""An application with Prometheus' own Python client: a counter that a thread counts up all the time, a histogram, a gauge, and names that are hard to
write. Prints its port, and then the counter's value for each line on standard input; `--hang` accepts connections and answers nothing."""

import socket
import sys
import threading
import time

if sys.argv[1:] == ["--hang"]:
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    time.sleep(3600)

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

registry = CollectorRegistry()
work = Counter("work", "What was done", registry=registry)
Gauge("fixed", "It stays", ["name"], registry=registry).labels('a"b\\c\nünï,;').set(0.1 + 0.2)
Gauge("odd", "None", ["kind"], registry=registry).labels("nan").set(float("nan"))
Gauge("large", "Much", registry=registry).set(2**63)
latency = Histogram("latency_seconds", "How long", registry=registry)
server, _ = start_http_server(0, addr="127.0.0.1", registry=registry)


def count():
    while True:
        work.inc()
        latency.observe(0.2)
        time.sleep(0.001)


threading.Thread(target=count, daemon=True).start()
print(server.server_port, flush=True)
time.sleep(3600)
