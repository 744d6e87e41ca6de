"""Checks what deploy/ says of the store, in its three forms: check_store.py DEPLOY. Those for Compose and for a Swarm are joined with the files that they stand beside."""
import json, os, re, subprocess, sys
import yaml

deploy = os.path.abspath(sys.argv[1])
PARTS = {"victoriametrics", "vmalert", "grafana"}
PINNED = re.compile(r"docker\.io/[a-z/-]+:v?\d+\.\d+\.\d+")


def composed(*names):
    """As Compose joins them."""
    words = [word for name in names for word in ("--file", f"{deploy}/{name}")]
    try:
        subprocess.run(["docker-compose", "version"], check=True, capture_output=True)
        command = ["docker-compose"]
    except FileNotFoundError:
        command = ["docker", "compose"]
    done = subprocess.run(command + words + ["config"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return yaml.safe_load(done.stdout)


def stacked(*names):
    """As a Swarm joins them, so far as these files go: docker-compose 1 reads no limit of a stack's processes, and not every client can show a stack. One that can has to take them."""
    words = [word for name in names for word in ("--compose-file", f"{deploy}/{name}")]
    done = subprocess.run(["docker", "stack", "config"] + words, capture_output=True, text=True)
    assert done.returncode == 0 or "unknown" in done.stderr or "is not a docker command" in done.stderr, done.stderr
    whole = {}
    for name in names:
        with open(f"{deploy}/{name}") as file:
            whole = merged(whole, yaml.safe_load(file))
    for config in whole["configs"].values():
        config["file"] = os.path.join(deploy, config["file"])
    return whole


def merged(old, new):
    if isinstance(old, dict) and isinstance(new, dict):
        return old | {key: merged(old[key], value) if key in old else value for key, value in new.items()}
    return old + [value for value in new if value not in old] if isinstance(old, list) else new


def networks(service):
    return set(service["networks"])


def environment(service):
    values = service.get("environment", {})
    return values if isinstance(values, dict) else dict(line.split("=", 1) for line in values)


def objects():
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "kustomize.py")
    return json.loads(subprocess.run([sys.executable, script, f"{deploy}/kubernetes/overlays/store"], check=True, capture_output=True, text=True).stdout)


compose, stack = composed("compose.yaml", "compose.store.yaml"), stacked("stack.yaml", "stack.store.yaml")
for form, name in ((compose, "compose"), (stack, "stack")):
    services = form["services"]
    assert set(services) == PARTS | {"collector", "agent"}, name
    for part in PARTS:
        service = services[part]
        assert PINNED.fullmatch(service["image"]), service["image"]
        assert service["read_only"] is True and service["cap_drop"] == ["ALL"], f"{name}: {part} may do too much"
        assert form is stack or service["security_opt"] == ["no-new-privileges:true"] and service["mem_limit"] and service["pids_limit"]
        assert form is compose or service["deploy"]["resources"]["limits"]["memory"]
        for variable in environment(service):
            assert "PASSWORD" not in variable or variable.endswith("__FILE"), f"{name}: {part} has a password in its environment"
    # Nobody but the collector and the store's own parts reaches what has no password.
    assert form["networks"]["store"]["internal"] is True
    assert networks(services["victoriametrics"]) == networks(services["vmalert"]) == {"store"} and "agent" not in [
        part for part, service in services.items() if "store" in service.get("networks", [])]
    assert environment(services["collector"])["SONDE_REMOTE_WRITE"] == "http://victoriametrics:8428/api/v1/write"
    # Older versions of Compose print ports as text, newer ones as objects.
    ports = [str(port) if isinstance(port, str) else f"{port.get('host_ip', '0.0.0.0')}:{port['published']}:{port['target']}"
             for part in PARTS for port in services[part].get("ports", [])]
    assert ports == [] if form is stack else [port.removesuffix("/tcp") for port in ports] == ["127.0.0.1:3000:3000"], ports

mounted = [mount.split(":") if isinstance(mount, str) else [mount.get("source", ""), mount["target"], "ro" if mount.get("read_only") else "rw"]
           for part in PARTS for mount in compose["services"][part]["volumes"]]
for source, target, *mode in mounted:
    assert not source.startswith("/") or os.path.exists(source) and mode == ["ro"], f"{source} is mounted at {target}"
configs = {config["source"]: config["target"] for part in PARTS for config in stack["services"][part].get("configs", [])}
files = {target: source for source, target, *_ in mounted if source.startswith("/")}
for source, target in configs.items():
    file = stack["configs"][source]["file"]
    assert os.path.exists(file), file
    folder, place = next((f, t) for t, f in files.items() if target == t or target.startswith(t + "/"))
    assert os.path.samefile(folder + target[len(place):], file), f"{target} is one file in Compose and another in the Swarm"

# The programs have the same arguments everywhere. Only a kubelet changes files below a program that goes on.
things = objects()
pods = {thing["metadata"]["name"]: thing["spec"]["template"]["spec"] for thing in things if "template" in thing.get("spec", {})}
maps = {thing["metadata"]["name"]: thing["data"] for thing in things if thing["kind"] == "ConfigMap"}
for part in PARTS:
    container = pods[part]["containers"][0]
    assert container["image"] == compose["services"][part]["image"] == stack["services"][part]["image"]
    words = [word for word in container.get("args", []) if not word.startswith("-configCheckInterval=")]
    assert words == compose["services"][part].get("command", []) == stack["services"][part].get("command", []), words
variables = {one["name"]: one["value"] for one in pods["grafana"]["containers"][0]["env"]}
for form in (compose, stack):
    theirs = environment(form["services"]["grafana"])
    assert {name for name in theirs} == set(variables)
    assert {name: value for name, value in theirs.items() if not name.endswith("__FILE")} == {name: value for name, value in variables.items() if not name.endswith("__FILE")}

# What Grafana and the others look for is where they look.
provider = yaml.safe_load(maps["grafana"]["dashboards.yaml"])["providers"][0]
source = yaml.safe_load(maps["grafana"]["datasource.yaml"])["datasources"][0]
assert os.path.dirname(variables["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]) == provider["options"]["path"]
assert json.loads(maps["grafana"]["sonde.json"])["uid"] == "sonde"
places = {}
for mount in pods["grafana"]["containers"][0]["volumeMounts"]:
    volume = next(volume for volume in pods["grafana"]["volumes"] + [{"name": "state"}] if volume["name"] == mount["name"])
    for item in volume.get("configMap", {}).get("items", []):
        places[f"{mount['mountPath']}/{item['path']}"] = item["key"]
for target, source_name in configs.items():
    if target.startswith("/etc/grafana") or target.endswith(".json"):
        with open(stack["configs"][source_name]["file"]) as file:
            assert maps["grafana"][places[target]] == file.read(), target
assert source["url"] == "http://victoriametrics:8428" and source["type"] == "prometheus" and source["access"] == "proxy"
assert source["jsonData"]["timeInterval"] == environment(compose["services"]["collector"])["SONDE_REMOTE_WRITE_INTERVAL"]
assert set(maps["vmalert"]) == {"sonde.rules.yaml"}
# The command of VictoriaMetrics, for whoever starts one.
print(json.dumps(compose["services"]["victoriametrics"]["command"]))
