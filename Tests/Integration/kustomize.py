"""Renders an overlay of deploy/kubernetes as `kubectl kustomize` does, as far as those use it: kustomize.py DIRECTORY prints a JSON list of its objects. Where there is a kubectl
that knows components (1.21 and later), it has to render the same."""
import json, os, re, subprocess, sys
import yaml

KEYS = {"containers": "name", "volumes": "name", "volumeMounts": "mountPath", "env": "name"}
# Of a Service and of a container ports have other keys.
NAMES = ("kustomization.yaml", "Kustomization")


def documents(path):
    with open(path) as file:
        return [document for document in yaml.safe_load_all(file) if document]


def identity(thing):
    return thing["kind"], thing["metadata"].get("namespace"), thing["metadata"]["name"]


def merged(old, new, name=""):
    """A strategic merge: objects by members, lists of things with a key by that, other lists as a whole."""
    if isinstance(old, dict) and isinstance(new, dict):
        out = dict(old)
        for key, value in new.items():
            out[key] = merged(out[key], value, key) if key in out else value
        return out
    key = KEYS.get(name)
    if not key or not isinstance(old, list):
        return new
    out = {thing[key]: thing for thing in old}
    for thing in new:
        if thing.get("$patch") == "delete":
            del out[thing[key]]
        else:
            out[thing[key]] = merged(out[thing[key]], thing) if thing[key] in out else thing
    return list(out.values())


def config_map(directory, generator):
    """The object that a generator makes of files, each under its own name or, with KEY=PATH, another."""
    assert generator["options"] == {"disableNameSuffixHash": True}, "a name with a hash would have to change wherever it is used"
    data = {}
    for word in generator["files"]:
        key, _, path = word.rpartition("=")
        with open(os.path.join(directory, path)) as file:
            data[key or os.path.basename(path)] = file.read()
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": generator["name"], "namespace": generator["namespace"]}, "data": data}


def render(directory, things):
    """Adds to `things`, and changes in them, what the kustomization in a directory says."""
    path = next(path for path in (os.path.join(directory, name) for name in NAMES) if os.path.exists(path))
    (plan,) = documents(path)
    assert set(plan) <= {"apiVersion", "kind", "resources", "components", "configMapGenerator", "patches"}, plan
    for name in plan.get("resources", []) + plan.get("components", []):
        place = os.path.join(directory, name)
        if os.path.isdir(place):
            render(place, things)
        else:
            things += documents(place)
    things += [config_map(directory, generator) for generator in plan.get("configMapGenerator", [])]
    for patch in plan.get("patches", []):
        (change,) = documents(os.path.join(directory, patch["path"]))
        (index,) = [index for index, thing in enumerate(things) if identity(thing) == identity(change)]
        things[index] = merged(things[index], change)


def ordered(value, name=""):
    """The same with keyed lists in the order of their keys, which kustomize keeps differently."""
    if isinstance(value, dict):
        return {key: ordered(value[key], key) for key in sorted(value)}
    if isinstance(value, list):
        values = [ordered(element) for element in value]
        return sorted(values, key=lambda element: element[KEYS[name]]) if name in KEYS else values
    return value


def kubectl(directory):
    try:
        version = subprocess.run(["kubectl", "version", "--client"], capture_output=True, text=True).stdout
        found = re.search(r"Client Version: v1\.(\d+)", version)
        if not found or int(found[1]) < 21:
            return None
        text = subprocess.run(["kubectl", "kustomize", directory], capture_output=True, text=True, check=True)
    except FileNotFoundError:
        return None
    assert not text.stderr, text.stderr
    return [document for document in yaml.safe_load_all(text.stdout) if document]


things = []
render(sys.argv[1], things)
theirs = kubectl(sys.argv[1])
if theirs is not None:
    ours = {identity(thing): ordered(thing) for thing in things}
    assert ours == {identity(thing): ordered(thing) for thing in theirs}, "kubectl kustomize renders something else"
print(json.dumps(things))
