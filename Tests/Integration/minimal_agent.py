"""A complete agent, written from docs/PROTOCOL.md with only the standard library: minimal_agent.py HOST PORT NODE"""
import json, select, socket, struct, sys, time, uuid

connection = socket.create_connection((sys.argv[1], int(sys.argv[2])))
now = lambda: time.monotonic_ns() // 1000
exchanges, seq, next_ping = [], 0, 0


def send(**message):
    payload = json.dumps(message).encode()
    connection.sendall(struct.pack(">I", len(payload)) + payload)


def receive():
    length, = struct.unpack(">I", connection.recv(4, socket.MSG_WAITALL))
    return json.loads(connection.recv(length, socket.MSG_WAITALL))


assert receive()["type"] == "challenge"
send(type="hello", protocol=1, agent=str(uuid.uuid4()), epoch=1, node=sys.argv[3], monitor="PythonMonitor", addresses=[], version="1",
     tables={"host": ["load5", "moon_phase", "load1"], "event": ["message", "kind"]}, first_unacked=1, next_seq=1)
run = receive().get("run")
tick, last = 0, (run or {}).get("ticks", 1 << 62) - 1
while True:
    if now() >= next_ping:
        send(type="ping", t1=now())
        next_ping = now() + 1_000_000
    offset = min(exchanges)[1] if exchanges else 0
    due = run["t0"] + tick * run["interval_us"] - offset if run and exchanges else next_ping
    if select.select([connection], [], [], max(0, min(due, next_ping) - now()) / 1e6)[0]:
        message = receive()
        if message["type"] == "pong":
            exchanges = exchanges[-15:] + [(now() - message["t1"] - (message["t3"] - message["t2"]),
                                            (message["t2"] - message["t1"] + message["t3"] - now()) // 2)]
        elif message["type"] == "run":
            run, tick, last = message, 0, message.get("ticks", 1 << 62) - 1
        elif message["type"] == "stop":
            last = message.get("last_tick", -1)
    elif run and exchanges and now() >= due and tick <= last:
        seq, instant = seq + 1, run["t0"] + tick * run["interval_us"]
        load1, load5 = open("/proc/loadavg").read().split()[:2]
        send(type="tick", run=run["id"], epoch=1, seq=seq, tick=tick, time=instant, begin=now() + offset, end=now() + offset,
             rows={"host": [[float(load5), "waning", float(load1)]], "event": [["a tick, \"quoted\"", "action"]]})
        tick += 1
    if run and tick > last:
        send(type="fin", run=run["id"], epoch=1, seq=seq)
        run = None
