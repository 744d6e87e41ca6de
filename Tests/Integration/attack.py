"""Does to a collector, or to an agent, what an enemy could who has read docs/PROTOCOL.md and docs/CONTROL.md, with only the standard library:

    attack.py collector HOST PORT CONTROL-PORT SECONDS [KIND …]     attacks both ports, with all kinds of attack or with these
    attack.py agent HOST PORT SECONDS                               is the collector of an agent that connects to this port

Every kind of attack goes on for all of the time, beside the others. At the end it prints how often each was made, and how often the other side ended it."""
import itertools, json, os, random, socket, struct, sys, threading, time, traceback, uuid

MARKS = "\u202e"
COLUMNS = {"host": ["load1", "context_switches"], "event": ["kind", "message"], "container": ["container_id", "container", "pids", "cpu_us"],
           "process": ["container_id", "pid", "comm"]}
made, ended, failures = {}, {}, []
end = 0.0


def count(what, kind):
    what[kind] = what.get(kind, 0) + 1


def is_over():
    return time.monotonic() >= end


def frame(message):
    payload = message if isinstance(message, bytes) else json.dumps(message).encode()
    return struct.pack(">I", len(payload)) + payload


class Peer:
    """One connection to the collector's port for agents. Whatever the collector does, nothing blocks for long."""

    def __init__(self, timeout=5):
        self.socket = socket.create_connection((host, port), timeout)

    def send(self, message):
        self.socket.sendall(frame(message))

    def receive(self):
        length, = struct.unpack(">I", self.exactly(4))
        return json.loads(self.exactly(length))

    def exactly(self, length):
        data = b""
        while len(data) < length:
            part = self.socket.recv(length - len(data))
            if not part:
                raise ConnectionError
            data += part
        return data

    def enter(self, node, **more):
        """Completes the handshake; returns `welcome`."""
        self.receive()
        self.send({"type": "hello", "protocol": 1, "agent": str(uuid.uuid4()), "epoch": 1, "node": node, "monitor": "m", "addresses": [],
                   "version": "1", "tables": COLUMNS, "first_unacked": 1, "next_seq": 1, **more})
        welcome = self.receive()
        if welcome["type"] != "welcome":
            raise ConnectionError(welcome)
        return welcome

    def live(self, rows):
        at = time.time_ns() // 1000
        self.send({"type": "tick", "run": "", "epoch": 1, "seq": 0, "tick": 0, "time": at, "begin": at, "end": at, "rows": rows})

    def tick(self, run, seq, number, **more):
        self.send({"type": "tick", "run": run, "epoch": 1, "seq": seq, "tick": number, "time": 1, "begin": 1, "end": 1, "rows": {}, **more})

    def close(self):
        self.socket.close()


def name(kind):
    return f"{kind}-{random.randrange(1 << 40):x}"


# What strangers can do before they have shown who they are.

def announced():
    """Headers of large frames with nothing behind them, held for as long as they are let."""
    held = []
    for _ in range(200):
        peer = Peer()
        peer.socket.sendall(b"\x01\x00\x00\x00" + b"{")
        held.append(peer)
    time.sleep(1)
    for peer in held:
        peer.close()


def rubbish():
    peer = Peer()
    peer.socket.sendall(random.choice([os.urandom(3000), b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(500), b"GET / HTTP/1.1\r\n\r\n",
                                       b"\x7f\xff\xff\xff", b"\0\0\0\0", frame(b"[" * 9000), frame(b'{"type":"ping","t1":1}')]))
    peer.close()


def hellos():
    """Nodes of new names that say as much of themselves as is allowed, and go again."""
    peer = Peer()
    peer.enter(name("joins-" + "x" * 200), version="v" * 128, kernel="k" * 128, cgroup="c" * 128, boot_id="b" * 128, addresses=["a" * 64] * 16)
    peer.close()


# What agents can do.

def fresh(kind, seconds):
    """A peer that is let in, for a time."""
    peer = Peer()
    welcome = peer.enter(name(kind))
    return peer, (welcome.get("run") or {}).get("id", ""), min(end, time.monotonic() + seconds)


def large_headers():
    """Seventeen that are let in and announce 16 MiB each."""
    held = []
    for _ in range(17):
        peer, _, _ = fresh("announces", 0)
        peer.socket.sendall(b"\x01\x00\x00\x00" + b'{"type":"tick"')
        held.append(peer)
    time.sleep(2)
    for peer in held:
        peer.close()


def many_containers():
    """Twenty thousand rows of containers and as many of processes in each live tick."""
    peer, _, until = fresh("wide", 20)
    at = time.time_ns() // 1000
    rows = {"container": [[f"{n:064x}", f"c{n}", 1, n] for n in range(20_000)], "process": [[f"{n:064x}", n + 1, "sh"] for n in range(20_000)]}
    tick = frame({"type": "tick", "run": "", "epoch": 1, "seq": 0, "tick": 0, "time": at, "begin": at, "end": at, "rows": rows})
    while time.monotonic() < until:
        peer.socket.sendall(tick)
        count(made, "many_containers")
        time.sleep(1)
    peer.close()


def long_texts():
    """A container whose name is a megabyte of marks that change the direction of writing."""
    peer, _, until = fresh("marks", 5)
    while time.monotonic() < until:
        peer.live({"container": [["a" * 64, MARKS * 300_000, 1, 1]], "event": [["start", MARKS * 300_000]]})
        time.sleep(0.5)
    peer.close()


def pings():
    peer, _, until = fresh("pings", 3)
    burst = frame({"type": "ping", "t1": 1}) * 2000
    while time.monotonic() < until:
        peer.socket.sendall(burst)
        count(made, "pings")
    peer.close()


def lies():
    """One thing each that no agent may say, beside numbers at the edge of what numbers can be."""
    peer, run, _ = fresh("lies", 0)
    edge = random.choice([0, 1, 2**31, 2**53, 2**63 - 1, 2**63, 2**64 - 1, -1, 1e308])
    random.choice([
        lambda: peer.tick(run, 1, edge), lambda: peer.tick(run, edge, 0), lambda: peer.tick(run, 1, 0, epoch=edge),
        lambda: peer.tick(run, 1, 0, time=edge, begin=edge, end=edge), lambda: peer.tick(run, 1, 0, rows={"host": [[edge, edge]]}),
        lambda: peer.tick(run, 1, 0, rows={"host": [[edge]], "moon": [[1]]}), lambda: peer.tick(run, 0, 0, rows={"container": [[edge] * 4]}),
        lambda: peer.send({"type": "gap", "run": run, "epoch": 1, "seq": 1, "from": 0, "to": edge, "reason": "overrun"}),
        lambda: peer.send({"type": "gap", "run": run, "epoch": 1, "first_seq": edge, "seq": edge, "from": 0, "to": 0, "reason": "away"}),
        lambda: peer.send({"type": "fin", "run": run, "epoch": edge, "seq": edge}),
        lambda: peer.send({"type": "ping", "t1": edge, "offset": edge, "error": edge, "backlog_bytes": edge}),
        lambda: peer.send({"type": "ready", "run": "x" * 60_000}), lambda: peer.send({"type": "x" * 60_000}),
        lambda: peer.send({"type": "error", "code": MARKS * 500, "message": MARKS * 20_000}),
    ])()
    peer.close()


def ahead():
    """Frames far ahead of the next one, each of which asks for an answer."""
    peer, run, until = fresh("ahead", 3)
    while time.monotonic() < until:
        for seq in range(2, 300):
            peer.tick(run, seq, 0)
    peer.close()


def deaf():
    """Makes the collector talk, and reads nothing."""
    peer, run, until = fresh("deaf", 10)
    peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    burst = frame({"type": "ping", "t1": 1}) * 100
    while time.monotonic() < until:
        peer.socket.sendall(burst)
        time.sleep(0.01)
    peer.close()


# What anybody can do at the control port.

def ask(request, read=1 << 16, timeout=10):
    connection = socket.create_connection((host, control), timeout)
    connection.sendall(request)
    if read:
        connection.recv(read)
    connection.close()


def get(path, version="1.1"):
    return f"GET {path} HTTP/{version}\r\nHost: {host}\r\n\r\n".encode()


def forms():
    head = f"Host: {host}\r\n"
    ask(random.choice([
        get("/status", "1.0"), get("/containers", "1.0"), get("/" + "a" * 60_000), get("/%2e%2e/%2e%2e/etc/passwd"), get("/runs/..%2f..%2fetc/run.json"),
        get("/runs/%00/host.csv"), get("/status", "9.9"), b"\0" * 5000, os.urandom(4000), b"GET /status HTTP/1.1\r\n\r\n",
        f"POST /mark HTTP/1.1\r\n{head}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n".encode(),
        f"POST /mark HTTP/1.1\r\n{head}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n".encode(),
        f"POST /mark HTTP/1.1\r\n{head}Content-Length: -1\r\n\r\n".encode(), f"POST /mark HTTP/1.1\r\n{head}Content-Length: {10**30}\r\n\r\n".encode(),
        f"POST /mark HTTP/1.1\r\n{head}Expect: 100-continue\r\nContent-Length: 10\r\n\r\n".encode(),
        f"POST /start HTTP/1.1\r\nHost: evil.example\r\nOrigin: http://evil.example\r\nContent-Length: 2\r\n\r\n{{}}".encode(),
        f"POST /stop HTTP/1.1\r\n{head}Sec-Fetch-Site: cross-site\r\nContent-Length: 0\r\n\r\n".encode(),
        f"GET /status HTTP/1.1\r\n{head}".encode() + b"X: " + b"y" * 200_000, f"GET /status HTTP/1.1\r\n{head}".encode() + b"X: y\r\n" * 20_000,
    ]))


def answers():
    """Large answers, asked for and not read."""
    held = []
    for path in ["/containers", "/table", "/metrics", "/stream", "/instances", "/containers"]:
        connection = socket.socket()
        connection.settimeout(5)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect((host, control))
        connection.sendall(get(path))
        held.append(connection)
    time.sleep(3)
    for connection in held:
        connection.close()


def followers():
    """Sixty that follow the stream and read nothing."""
    held = []
    for _ in range(60):
        connection = socket.socket()
        connection.settimeout(5)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect((host, control))
        connection.sendall(get(f"/stream?container={'0' * 64}"))
        held.append(connection)
    time.sleep(15)
    for connection in held:
        connection.close()


def idlers():
    """Connections that ask nothing, at both ports."""
    held = [socket.create_connection((host, random.choice([port, control])), 5) for _ in range(300)]
    time.sleep(2)
    for connection in held:
        connection.close()


# What a collector can do to its agents.

def serve(connection, kind):
    """A connection of an agent: a handshake, and then one thing that no collector would do."""
    connection.settimeout(10)
    challenge = frame({"type": "challenge", "protocols": [1, 1], "nonce": "0" * 64, "version": "1"})
    if kind == "a challenge without an end":
        connection.sendall(b"\x01\x00\x00\x00" + b'{"type":"challenge","a":"')
        count(made, kind)
        for _ in range(40):
            connection.sendall(b"x" * 400_000)
            time.sleep(0.05)
        return
    connection.sendall(challenge)
    connection.recv(1 << 16)
    connection.sendall(frame({"type": "welcome", "session": "1", "frame_limit": 1 << 24, "heartbeat_ms": 1000}))
    count(made, kind)
    AGAINST_AGENTS[kind](connection)


def order(number, **more):
    return frame({"type": "run", "id": str(uuid.uuid4()), "name": "n" * 1000, "interval_us": 10_000, "t0": time.time_ns() // 1000, **more})


def orders(connection):
    for number in range(3000):
        connection.sendall(order(number) * 20)


def rewinds(connection):
    for _ in range(5000):
        connection.sendall(frame({"type": "rewind", "epoch": 1, "seq": 1}) * 20)


def long_error(connection):
    # The first is as long as any message of a collector may be.
    for marks in (10_000, 1_000_000):
        connection.sendall(frame({"type": "error", "code": "x", "message": MARKS * marks}))
    time.sleep(1)


def far_stop(connection):
    one = str(uuid.uuid4())
    connection.sendall(frame({"type": "run", "id": one, "name": "x", "interval_us": 200_000, "t0": time.time_ns() // 1000}))
    connection.sendall(frame({"type": "pong", "t1": 0, "t2": 2**63 - 1, "t3": -2**63}))
    connection.sendall(frame({"type": "stop", "run": one, "last_tick": 2**64 - 1}))
    time.sleep(1)


def edges(connection):
    edge = random.choice([0, -1, 2**53, 2**63 - 1, 2**64 - 1, 1e300])
    connection.sendall(random.choice([
        frame({"type": "ack", "epoch": edge, "seq": edge}), frame({"type": "pong", "t1": edge, "t2": edge, "t3": edge}), order(0, t0=edge),
        order(0, interval_us=edge), order(0, ticks=edge), frame({"type": "prepare", "run": "x" * 60_000}), frame(b"{}"), frame(b"[" * 5000)]))
    time.sleep(0.5)


def prepares(connection):
    for _ in range(3000):
        connection.sendall(frame({"type": "prepare", "run": "r"}) * 20)


AGAINST_AGENTS = {"a challenge without an end": None, "orders before the clock is known": orders, "rewinds": rewinds, "a long error": long_error,
                  "a stop at the end of numbers": far_stop, "edges of numbers": edges, "prepares": prepares}
AGAINST_COLLECTORS = [announced, rubbish, hellos, large_headers, many_containers, many_containers, many_containers, long_texts, pings, lies, ahead, deaf,
                      forms, answers, followers, idlers]


def repeat(attack):
    while not is_over():
        try:
            attack()
            count(made, attack.__name__)
        except (OSError, ValueError):
            count(ended, attack.__name__)
        except Exception:
            failures.append(traceback.format_exc())
            return
        # So that one attacker alone doesn't take a whole core of the machine that is measured.
        time.sleep(0.02)


def guarded(connection, kind):
    try:
        serve(connection, kind)
    except (OSError, ValueError):
        pass  # The agent has left.
    except Exception:
        failures.append(traceback.format_exc())
    connection.close()


if sys.argv[1] == "collector":
    host, port, control = sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    end = time.monotonic() + float(sys.argv[5])
    wanted = [attack for attack in AGAINST_COLLECTORS if not sys.argv[6:] or attack.__name__ in sys.argv[6:]]
    threads = [threading.Thread(target=repeat, args=(attack,)) for attack in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
else:
    end = time.monotonic() + float(sys.argv[4])
    listener = socket.create_server((sys.argv[2], int(sys.argv[3])))
    listener.settimeout(1)
    print("listening", listener.getsockname()[1], flush=True)
    turns = itertools.cycle(AGAINST_AGENTS)
    while not is_over():
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            continue
        threading.Thread(target=guarded, args=(connection, next(turns)), daemon=True).start()
kinds = AGAINST_AGENTS if sys.argv[1] == "agent" else [attack.__name__ for attack in wanted]
print(json.dumps({"made": made, "ended": ended, "never": [kind for kind in kinds if kind not in made]}), flush=True)
if failures:
    sys.exit(failures[0])
