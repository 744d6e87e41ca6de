"""Speaks the CRI to the containerd of cri.sh, as a kubelet does, and keeps a kubelet's log names beside it.

  cri.py DIR run POD.json   starts a pod with its first container; prints the ids of its sandbox and its container
  cri.py DIR remove ID      stops and removes the pod of that sandbox
  cri.py DIR exec ID COMMAND...   runs a command in a container, prints what it prints and ends as it ends
  cri.py DIR has IMAGE      whether the CRI knows an image
  cri.py DIR image NAME FILE=PATH... -- COMMAND...   writes an image as `docker save` does to its output

POD.json is a Pod as the API server gives it to a kubelet, of which this knows metadata, hostPID, hostPath volumes, and of a container image, command, args, env,
volumeMounts and the security context; $(NAME) in args is that variable's value. Pods use the host's network, so that no plugin for networks is needed. With `"link": false` in it no log names are made.
"""
import hashlib, io, json, os, re, subprocess, sys, tarfile

NODE = 2  # NamespaceMode of the API: the host's


def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes(out + bytes([number]))


def field(number, value):
    """A field of a protobuf message: a number as varint; texts and messages with their length."""
    if value is None or value is False or value == "":
        return b""
    if isinstance(value, int):
        return varint(number << 3) + varint(int(value))
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def optional(number, value):
    """A number in a message of its own, so that 0 is told from none."""
    return b"" if value is None else field(number, varint(1 << 3) + varint(value))


def each(number, values):
    return b"".join(field(number, value) for value in values)


def pairs(number, mapping):
    return each(number, [field(1, key) + field(2, value) for key, value in sorted(mapping.items())])


class Runtime:
    def __init__(self, directory):
        import grpc
        self.directory = directory
        self.channel = grpc.insecure_channel(f"unix://{directory}/c.sock")

    def call(self, method, message, service="RuntimeService"):
        stub = self.channel.unary_unary(f"/runtime.v1.{service}/{method}", request_serializer=bytes, response_deserializer=bytes)
        return stub(message, timeout=120)

    def has(self, image):
        return len(self.call("ImageStatus", field(1, field(1, image)), "ImageService")) > 0

    def run(self, pod):
        meta, spec = pod["metadata"], pod["spec"]
        container = spec["containers"][0]
        logs = f"{self.directory}/log/pods/{meta['namespace']}_{meta['name']}_{meta['uid']}"
        os.makedirs(f"{logs}/{container['name']}", exist_ok=True)
        namespaces = field(1, NODE) + (field(2, NODE) if spec.get("hostPID") else field(2, 1))
        labels = {"io.kubernetes.pod.name": meta["name"], "io.kubernetes.pod.namespace": meta["namespace"], "io.kubernetes.pod.uid": meta["uid"]}
        sandbox = (field(1, field(1, meta["name"]) + field(2, meta["uid"]) + field(3, meta["namespace"])) + field(3, logs) + pairs(6, labels)
                   + field(8, field(1, f"/kubepods/burstable/pod{meta['uid']}") + field(2, field(1, namespaces))))
        sandbox_id = self.call("RunPodSandbox", field(1, sandbox))[2:66].decode()
        config = self.config(container, spec, namespaces, {**labels, "io.kubernetes.container.name": container["name"]})
        container_id = self.call("CreateContainer", field(1, sandbox_id) + field(2, config) + field(3, sandbox))[2:66].decode()
        self.call("StartContainer", field(1, container_id))
        if pod.get("link", True):
            links = f"{self.directory}/log/containers"
            os.makedirs(links, exist_ok=True)
            os.symlink(f"{logs}/{container['name']}/0.log", f"{links}/{meta['name']}_{meta['namespace']}_{container['name']}-{container_id}.log")
        print(sandbox_id, container_id)

    def config(self, container, spec, namespaces, labels):
        paths = {volume["name"]: volume["hostPath"]["path"] for volume in spec.get("volumes", [])}
        mounts = [field(1, mount["mountPath"]) + field(2, paths[mount["name"]]) + field(3, mount.get("readOnly", False))
                  + field(5, 1 if mount.get("mountPropagation") == "HostToContainer" else 0)
                  for mount in container.get("volumeMounts", [])]
        security = {**spec.get("securityContext", {}), **container.get("securityContext", {})}
        capabilities = security.get("capabilities", {})
        rights = (field(1, each(1, capabilities.get("add", [])) + each(2, capabilities.get("drop", []))) + field(3, namespaces)
                  + optional(5, security.get("runAsUser")) + field(7, security.get("readOnlyRootFilesystem", False))
                  + field(8, varint(security["fsGroup"]) if "fsGroup" in security else None)
                  + field(11, security.get("allowPrivilegeEscalation") is False) + optional(12, security.get("runAsGroup")))
        values = {variable["name"]: variable.get("value", "") for variable in container.get("env", [])}
        args = [re.sub(r"\$\((\w+)\)", lambda found: values[found[1]], arg) for arg in container.get("args", [])]
        env = [field(1, name) + field(2, value) for name, value in values.items()]
        return (field(1, field(1, container["name"])) + field(2, field(1, container["image"])) + each(3, container.get("command", []))
                + each(4, args) + each(6, env) + each(7, mounts) + pairs(9, labels)
                + field(11, f"{container['name']}/0.log") + field(15, field(2, rights)))

    def exec(self, container, command):
        answer, place = self.call("ExecSync", field(1, container) + each(2, command) + field(3, 60)), 0
        code = 0

        def number():
            nonlocal place
            value = shift = 0
            while True:
                byte = answer[place]
                place += 1
                value |= (byte & 127) << shift
                shift += 7
                if byte < 128:
                    return value

        while place < len(answer):
            tag, value = number(), number()
            if tag & 7 == 0:
                code = value
            else:
                (sys.stdout if tag >> 3 == 1 else sys.stderr).buffer.write(answer[place:place + value])
                place += value
        sys.exit(code & 255)

    def remove(self, sandbox):
        self.call("StopPodSandbox", field(1, sandbox))
        self.call("RemovePodSandbox", field(1, sandbox))


def image(name, words):
    """Writes a tar of one layer with the files, and `sh` beside a busybox."""
    files, command = words[:words.index("--")], words[words.index("--") + 1:]
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        for file in files:
            source, path = file.split("=", 1)
            with open(source, "rb") as program:
                entry = tar.gettarinfo(arcname=path.lstrip("/"), fileobj=program)
                entry.mode, entry.uid, entry.gid = 0o755, 0, 0
                tar.addfile(entry, program)
            if os.path.basename(path) == "busybox":
                for applet in ("sh", "sleep", "cat", "ls"):
                    link = tarfile.TarInfo(os.path.join(os.path.dirname(path), applet).lstrip("/"))
                    link.type, link.linkname = tarfile.SYMTYPE, "busybox"
                    tar.addfile(link)
    digest = hashlib.sha256(layer.getvalue()).hexdigest()
    config = json.dumps({"architecture": subprocess.check_output(["dpkg", "--print-architecture"], text=True).strip(), "os": "linux",
                         "config": {"Entrypoint": command, "Env": ["PATH=/bin:/usr/local/bin"]},
                         "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]}}).encode()
    manifest = json.dumps([{"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}]).encode()
    with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as tar:
        for path, data in (("layer.tar", layer.getvalue()), ("config.json", config), ("manifest.json", manifest)):
            entry = tarfile.TarInfo(path)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))


def main(directory, verb, *words):
    if verb == "image":
        image(words[0], list(words[1:]))
    elif verb == "has":
        sys.exit(0 if Runtime(directory).has(words[0]) else 1)
    elif verb == "run":
        with open(words[0]) as file:
            Runtime(directory).run(json.load(file))
    elif verb == "exec":
        Runtime(directory).exec(words[0], words[1:])
    else:
        Runtime(directory).remove(words[0])


main(*sys.argv[1:])
