"""Simulates many nodes with many containers: crowd.py HOST PORT NODES CONTAINERS. Each node sends a live tick a second."""
import json, random, socket, struct, sys, threading, time, uuid

host, port, nodes, containers = sys.argv[1], *map(int, sys.argv[2:])
HOST = ["cpu_percent", "memory_total_bytes", "memory_available_bytes"]
CONTAINER = ["container_id", "container", "image", "source", "state", "cpu_us", "cpu_percent", "memory_usage_bytes", "memory_limit_bytes",
             "memory_percent", "pids", "rx_bytes", "tx_bytes"]


def live(node):
    connection = socket.create_connection((host, port))

    def send(**message):
        payload = json.dumps(message).encode()
        connection.sendall(struct.pack(">I", len(payload)) + payload)

    def drop_answers():
        while connection.recv(1 << 16):
            pass

    threading.Thread(target=drop_answers, daemon=True).start()
    send(type="hello", protocol=1, agent=str(uuid.uuid4()), epoch=1, node=f"node-{node}", monitor="Crowd", addresses=[], version="1",
         tables={"host": HOST, "container": CONTAINER}, first_unacked=1, next_seq=1)
    ids = [f"{random.getrandbits(256):064x}" for _ in range(containers)]
    tick, received = 0, 0
    while True:
        now = time.time_ns() // 1000
        received += random.randrange(100_000)
        rows = []
        for index, id in enumerate(ids):
            cpu, used = round(random.random() ** 4 * 100, 1), random.randrange(400 << 20)
            rows.append([id, f"c{index}-of-{node}", "image:1", "cgroup", "running", now, cpu, used, 512 << 20, used * 100 / (512 << 20), 3,
                         received, 0])
        send(type="tick", run="", epoch=1, seq=0, tick=tick, time=now, begin=now, end=now,
             rows={"host": [[round(random.random() * 100, 1), 32 << 30, 20 << 30]], "container": rows})
        tick += 1
        time.sleep(1)


threads = [threading.Thread(target=live, args=(node,)) for node in range(nodes)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
