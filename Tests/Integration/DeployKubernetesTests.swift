import Foundation
import Glibc
import StatsCore
import TestSupport
import Testing

extension IntegrationTests.Deploy {
    /// A Python with kubernetes-validate, which has the published schemas, and with PyYAML, its dependency.
    private static let python = ProcessInfo.processInfo.environment["SONDE_PYTHON"]

    static let overlays = ["containerd", "crio", "docker", "k3s", "podmonitor", "store", "tls"]

    /// The objects of an overlay as JSON. Where there is a kubectl, it has rendered the same.
    private func objects(_ scene: Scene, _ overlay: String) async throws -> String {
        let script = Checkout.tests + "/Integration/kustomize.py"
        return try await scene.command(#require(Self.python), [script, "\(Release.deploy)/kubernetes/overlays/\(overlay)"]).succeeded()
    }

    private func decoded(_ scene: Scene, _ overlay: String) async throws -> [JSONValue] {
        try await JSONCoding.decode(from: Array(objects(scene, overlay).utf8))
    }

    @Test(
        "The Kubernetes manifests keep to the published schemas, without a field that those don't know",
        .enabled(if: python != nil, "needs SONDE_PYTHON"), arguments: overlays)
    func schemas(overlay: String) async throws {
        try await Scene.run { scene in
            let objects = try await decoded(scene, overlay)
            #expect(objects.count == ["podmonitor": 11, "store": 22][overlay] ?? 10)
            // The operator's kinds are in no published schema of Kubernetes.
            let files = try objects.filter { $0["kind"] != .string("PodMonitor") }.enumerated().map { index, object in
                var out = ByteWriter()
                out.append(object)
                let path = scene.path("\(index).json")
                try Data(out.withUnsafeBytes { Array($0) }).write(to: URL(fileURLWithPath: path))
                return path
            }
            let secret = "\(Release.deploy)/kubernetes/secret.yaml.example"
            try await scene.command(#require(Self.python), ["-m", "kubernetes_validate", "--strict"] + files + [secret]).succeeded()
        }
    }

    @Test(
        "Every image is pinned to this version; no pod has a service account or is privileged, and of the host the agent sees a few folders, read-only",
        .enabled(if: python != nil, "needs SONDE_PYTHON"), arguments: overlays)
    func rights(overlay: String) async throws {
        try await Scene.run { scene in
            let objects = try await decoded(scene, overlay)
            for kind in ["Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding", "ServiceAccount"] {
                #expect(!objects.contains { $0["kind"]?.text == kind })
            }
            for kind in ["StatefulSet", "DaemonSet"] {
                let workload = try #require(objects.first { $0["kind"]?.text == kind })
                let pod = try #require(workload["spec", "template", "spec"])
                #expect(pod["automountServiceAccountToken"] == .bool(false) && pod["hostNetwork"] == nil && pod["hostIPC"] == nil)
                #expect(pod["priorityClassName"]?.text == "sonde" && pod["nodeSelector", "kubernetes.io/os"]?.text == "linux")
                let container = try #require(pod["containers"]?.elements.first)
                #expect(container["image"]?.text == "sonde-\(kind == "DaemonSet" ? "agent" : "collector"):\(Version.current)")
                let security = try #require(container["securityContext"])
                #expect(security["privileged"] == nil && security["allowPrivilegeEscalation"] == .bool(false))
                #expect(security["readOnlyRootFilesystem"] == .bool(true))
                let variables = Set((container["env"]?.elements ?? []).compactMap { $0["name"]?.text })
                for variable in container["env"]?.elements ?? [] { #expect(variable["value"]?.text?.contains("$(") != true) }
                for argument in container["args"]?.elements ?? [] {
                    for name in argument.text?.matches(of: #/\$\((\w+)\)/#) ?? [] { #expect(variables.contains(String(name.1))) }
                }
                let volumes = pod["volumes"]?.elements ?? []
                let folders = volumes.compactMap { $0["hostPath", "path"]?.text }
                guard kind == "DaemonSet" else {
                    #expect(folders.isEmpty)
                    continue
                }
                let runtime = [
                    "docker": "/var/run/docker.sock", "crio": "/run/containers/storage",
                    "k3s": "/run/k3s/containerd/io.containerd.runtime.v2.task",
                ]
                let named = runtime[overlay] ?? "/run/containerd/io.containerd.runtime.v2.task"
                #expect(
                    Set(folders) == ["/proc", "/sys", "/var/log/containers", "/var/log/pods", "/var/lib/sonde-agent", named]
                        && folders.count == 6)
                // A pod with a folder of the type Directory waits for ever on a node that hasn't it.
                let made = volumes.first { $0["hostPath", "path"]?.text == named }?["hostPath", "type"]?.text
                #expect(made == (overlay == "docker" ? "Socket" : "DirectoryOrCreate"))
                #expect(security["appArmorProfile", "type"]?.text == "Unconfined")
                for mount in container["volumeMounts"]?.elements ?? [] {
                    let volume = try #require(volumes.first { $0["name"] == mount["name"] })
                    guard let folder = volume["hostPath", "path"]?.text else { continue }
                    #expect(mount["readOnly"] == (folder == "/var/lib/sonde-agent" ? nil : .bool(true)), "\(folder)")
                }
            }
        }
    }

    @Test(
        "A PodMonitor finds the agents by label and port, and Prometheus may connect to it",
        .enabled(if: python != nil, "needs SONDE_PYTHON"))
    func podMonitor() async throws {
        try await Scene.run { scene in
            let objects = try await decoded(scene, "podmonitor")
            let monitor = try #require(objects.first { $0["kind"]?.text == "PodMonitor" }?["spec"])
            let agent = try #require(objects.first { $0["kind"]?.text == "DaemonSet" }?["spec"])
            #expect(monitor["selector"] == agent["selector"])
            let endpoint = try #require(monitor["podMetricsEndpoints"]?.elements.first)
            let ports = agent["template", "spec", "containers"]?.elements.first?["ports"]?.elements ?? []
            #expect(ports.map { $0["name"] } == [endpoint["port"]] && endpoint["honorLabels"] == .bool(true))
            let ingress = objects.filter { $0["kind"]?.text == "NetworkPolicy" && $0["metadata", "name"]?.text == "sonde-agent" }
                .flatMap { $0["spec", "ingress"]?.elements ?? [] }
            #expect(ingress.count == 1 && ingress.first?["ports"]?.elements.first?["port"] == endpoint["port"])
        }
    }

    @Test(
        "Pods keep to what their namespace enforces, and name what is in it; nobody but agents may connect to the collector",
        .enabled(if: python != nil, "needs SONDE_PYTHON"), arguments: overlays)
    func namespaces(overlay: String) async throws {
        try await Scene.run { scene in
            let objects = try await decoded(scene, overlay)
            func named(_ kind: String, in namespace: String? = nil) -> [JSONValue] {
                objects.filter { $0["kind"]?.text == kind && (namespace == nil || $0["metadata", "namespace"]?.text == namespace) }
            }
            let levels = Dictionary(
                uniqueKeysWithValues: named("Namespace").map {
                    ($0["metadata", "name"]?.text ?? "", $0["metadata", "labels", "pod-security.kubernetes.io/enforce"]?.text ?? "")
                })
            let store = overlay == "store" ? ["sonde-store": "restricted"] : [:]
            #expect(levels == ["sonde": "restricted", "sonde-agents": "privileged"].merging(store) { first, _ in first })
            for object in objects where !["Namespace", "PriorityClass"].contains(object["kind"]?.text) {
                #expect(levels[object["metadata", "namespace"]?.text ?? ""] != nil)
            }
            let workloads = named("StatefulSet") + named("DaemonSet") + named("Deployment")
            #expect(named("NetworkPolicy").count == workloads.count)
            for workload in workloads {
                let namespace = workload["metadata", "namespace"]?.text ?? ""
                let pod = try #require(workload["spec", "template", "spec"])
                for volume in pod["volumes"]?.elements ?? [] {
                    guard let name = volume["configMap", "name"]?.text else { continue }
                    #expect(named("ConfigMap", in: namespace).contains { $0["metadata", "name"]?.text == name })
                }
                let policies = named("NetworkPolicy", in: namespace).filter { $0["spec", "podSelector"] == workload["spec", "selector"] }
                #expect(policies.map { $0["spec", "policyTypes"] } == [.array([.string("Ingress"), .string("Egress")])])
                guard levels[namespace] == "restricted" else { continue }
                // The parts of https://kubernetes.io/docs/concepts/security/pod-security-standards that these pods could break.
                #expect(pod["securityContext", "runAsNonRoot"] == .bool(true))
                #expect(pod["securityContext", "seccompProfile", "type"]?.text == "RuntimeDefault")
                #expect(pod["hostPID"] == nil && pod["hostNetwork"] == nil && pod["hostIPC"] == nil)
                for volume in pod["volumes"]?.elements ?? [] { #expect(volume["hostPath"] == nil) }
                for container in pod["containers"]?.elements ?? [] {
                    let security = try #require(container["securityContext"])
                    #expect(security["allowPrivilegeEscalation"] == .bool(false) && security["privileged"] == nil)
                    #expect(security["capabilities", "drop"] == .array([.string("ALL")]) && security["capabilities", "add"] == nil)
                }
            }
        }
    }

    @Test(
        "With Docker's socket the Kubernetes manifests' mounts, variables, arguments and rights make a complete run, with the engine's names",
        .engine, .root, .release, .enabled(if: python != nil, "needs SONDE_PYTHON"))
    func pods() async throws {
        try await Scene.run { scene in
            let manifests = try await Manifests(objects(scene, "docker"))
            let swarm = try await Swarm.open(scene, nodes: 1)
            let config = try scene.makeDirectory("config")
            for (name, text) in manifests.files { try Data(text.utf8).write(to: URL(fileURLWithPath: "\(config)/\(name)")) }
            let secret = try scene.makeDirectory("secret")
            try await scene.command("\(Release.directory)/sonde", ["token", "\(secret)/token"]).succeeded()
            // fsGroup does the same.
            chown("\(secret)/token", 0, 65532)
            chmod("\(secret)/token", 0o440)

            try await swarm.docker(1, "network", "create", "pods")
            scene.later { _ = try? await swarm.docker(1, "network", "rm", "pods") }
            for (name, pod) in [("sonde-collector", manifests.collector), ("sonde-agent", manifests.agent)] {
                let folders = [
                    "/var/run/docker.sock": swarm.socket(1), "/var/log/containers": scene.directory, "/var/log/pods": scene.directory,
                ]
                let words = pod.dockerArguments(
                    config: config, secret: secret, node: "worker-1", state: "\(name)-volume", folders: folders)
                // With its alias, the name of the service.
                let network = ["--network", "pods", "--network-alias", "\(name).sonde"]
                _ = try await swarm.command(1, ["run", "--detach", "--name", name, "--no-healthcheck"] + network + words).succeeded()
                scene.later {
                    _ = try? await swarm.docker(1, "rm", "--force", name)
                    _ = try? await swarm.docker(1, "volume", "rm", "\(name)-volume")
                }
            }
            try await eventually("the agent") {
                // Fails as long as the collector doesn't listen.
                try await swarm.command(1, ["exec", "sonde-collector", "sonde", "instances"]).output.contains("worker-1")
            }
            for (name, pod) in [("sonde-collector", manifests.collector), ("sonde-agent", manifests.agent)] {
                _ = try await swarm.command(1, ["exec", name] + pod.containers[0].livenessProbe.exec.command).succeeded()
            }
            try await swarm.docker(1, "exec", "sonde-collector", "sonde", "start", "pods", "--interval", "200ms", "--duration", "3s")
            try await swarm.closes("/data/pods", in: "sonde-collector")
            try await swarm.docker(1, "cp", "sonde-collector:/data/pods", scene.path("pods"))
            let run = try RecordedRun(scene.path("pods"))
            try run.checkWhole("worker-1", ticks: 15)
            let ids = try await Set(swarm.docker(1, "ps", "--no-trunc", "--quiet").split(separator: "\n").map(String.init))
            let rows = try run.table("container").rows
            #expect(Set(rows.compactMap { $0["container_id"] }).isSuperset(of: ids))
            #expect(rows.contains { $0["container"] == "sonde-collector" && $0["names"] == "engine" })
            let processes = try run.table("process").rows
            #expect(processes.contains { $0["comm"] == "sonde-collector" && $0.integer("read_chars") ?? 0 > 0 })
        }
    }

    @Test(
        "On a real containerd the Kubernetes manifests' mounts, variables, arguments and rights make a complete run, with the pods' names; also with TLS, and scraped",
        .containerd, .root, .release, .enabled(if: python != nil, "needs SONDE_PYTHON"), arguments: ["containerd", "tls", "podmonitor"])
    func containerd(overlay: String) async throws {
        try await Scene.run { scene in
            let (lab, objects) = try await (PodLab.open(scene), decoded(scene, overlay))
            let programs = "/usr/local/bin"
            for (name, also) in [("agent", [String]()), ("collector", ["sonde"])] {
                let files = Dictionary(
                    uniqueKeysWithValues: (["sonde-\(name)"] + also).map { ("\(Release.directory)/\($0)", "\(programs)/\($0)") })
                try await lab.image("sonde.test/\(name):1", files, entrypoint: "\(programs)/sonde-\(name)")
            }
            let stage = try await KubernetesStage(scene, lab, objects)
            let collector = try await lab.start(stage.pod("StatefulSet", "collector", image: "sonde.test/collector:1"))
            let agent = try await lab.start(stage.pod("DaemonSet", "agent", image: "sonde.test/agent:1"))
            try await eventually("the agent") { try await stage.sonde("instances").output.contains("worker-1") }
            for (kind, pod) in [("StatefulSet", collector), ("DaemonSet", agent)] {
                let probe = try #require(stage.container(kind)["livenessProbe", "exec", "command"]?.elements)
                try await lab.exec(pod, probe.compactMap(\.text))
            }
            if overlay == "podmonitor" { try await stage.checkMetrics() }
            try await stage.sonde("start", "pods", "--interval", "200ms", "--duration", "2s").succeeded()
            try await eventually("the end of the run") {
                let manifest = try? RecordedRun(stage.data + "/pods").manifest
                return manifest.map { !$0.state.isActive } ?? false
            }
            let run = try RecordedRun(stage.data + "/pods")
            try run.checkWhole("worker-1", ticks: 10)
            let rows = try run.table("container").rows.filter { [agent.container, collector.container].contains($0["container_id"]) }
            #expect(try rows.count == 2 * run.whole("container", of: "worker-1"))
            #expect(rows.allSatisfy { $0["names"] == "bundle" && $0["kubernetes_pod"] != nil })
            #expect(Set(rows.compactMap { $0["container"] }) == ["agent", "collector"])
            #expect(Set(rows.compactMap { $0["kubernetes_namespace"] }) == ["sonde", "sonde-agents"])
            // What needs the rights that the manifest gives.
            let processes = try run.table("process").rows.filter { $0["container_id"] == collector.container }
            #expect(processes.contains { $0["comm"] == "sonde-collector" && $0.integer("read_chars") ?? 0 > 0 })
        }
    }
}

/// What a cluster does for the pods of the manifests: volumes with content, and the node's name. Instead of a Service and of ports of its own, which need a pod network, the collector
/// has two free ports of this machine.
private struct KubernetesStage {
    let data: String
    private let scene: Scene
    private let lab: PodLab
    private let objects: [JSONValue]
    private let control: ReservedPort
    /// Of the agent's own metrics, where it has any.
    private let metrics: ReservedPort
    private let secrets: String
    private let config: String
    private let hasTLS: Bool

    init(_ scene: Scene, _ lab: PodLab, _ objects: [JSONValue]) async throws {
        (self.scene, self.lab, self.objects) = (scene, lab, objects)
        (control, metrics) = try (ReservedPort(), ReservedPort())
        (data, secrets, config) = try (scene.makeDirectory("data"), scene.makeDirectory("secrets"), scene.makeDirectory("config"))
        // fsGroup does the same.
        chown(data, 65532, 65532)
        hasTLS = objects.contains { $0["spec", "template", "spec", "volumes"]?.elements.contains { $0["name"]?.text == "tls" } ?? false }
        let listen = try ReservedPort()
        for case .object(let files)? in objects.map({ $0["data"] }) {
            for (name, text) in files {
                let changed = (text.text ?? "").replacing("0.0.0.0:9822", with: "127.0.0.1:\(listen.number)")
                    .replacing("sonde-collector.sonde:9822", with: "127.0.0.1:\(listen.number)")
                    .replacing("127.0.0.1:9880", with: "127.0.0.1:\(control.number)")
                try Data(changed.utf8).write(to: URL(fileURLWithPath: "\(config)/\(name)"))
            }
        }
        let sonde = "\(Release.directory)/sonde"
        try await scene.command(sonde, ["token", "\(secrets)/token"]).succeeded()
        if hasTLS {
            try await scene.command(sonde, ["ca", "init", secrets]).succeeded()
            let host = ["--host", "sonde-collector.sonde", "--loopback"]
            try await scene.command(sonde, ["ca", "issue", secrets, "sonde-collector", "--role", "collector"] + host).succeeded()
            try await scene.command(sonde, ["ca", "issue", secrets, "worker-1", "--role", "agent"]).succeeded()
            try await scene.command(sonde, ["ca", "issue", secrets, "me", "--role", "operator"]).succeeded()
        }
        // This user's own copies, which nobody else may read.
        try FileManager.default.copyItem(atPath: secrets, toPath: scene.path("own"))
        // Files of a secret are the group's that fsGroup names.
        for file in try FileManager.default.contentsOfDirectory(atPath: secrets) {
            chown("\(secrets)/\(file)", 0, 65532)
            chmod("\(secrets)/\(file)", 0o440)
        }
    }

    private func template(_ kind: String) throws -> JSONValue {
        try #require(objects.first { $0["kind"]?.text == kind }?["spec", "template", "spec"])
    }

    func container(_ kind: String) throws -> JSONValue { try #require(template(kind)["containers"]?.elements.first) }

    /// Scrapes the agent as the operator's Prometheus does: with the secret's token it tells the pods' containers, and without nothing.
    func checkMetrics() async throws {
        var client = ControlClient(port: metrics.number)
        client.token = try String(contentsOfFile: scene.path("own") + "/token", encoding: .utf8).trimmingCharacters(
            in: .whitespacesAndNewlines)
        try await eventually("the pods at the agent's port") { [client] in
            guard let answer = try? client.send("GET", "/metrics", accept: "text/plain") else { return false }
            return answer.status == 200
                && [("sonde", "collector"), ("sonde-agents", "agent")].allSatisfy { namespace, container in
                    answer.text.contains(#"namespace="\#(namespace)",pod="sonde-\#(container)-0",container="\#(container)""#)
                }
        }
        let refused = try ControlClient(port: metrics.number).send("GET", "/metrics", accept: "text/plain")
        #expect(refused.status == 401 && !refused.text.contains("container_"))
    }

    /// A pod as a kubelet gets it.
    func pod(_ kind: String, _ name: String, image: String) throws -> JSONObject {
        let (template, container) = try (template(kind), container(kind))
        var spec = try #require(template.members)
        var changed = try #require(container.members)
        changed["image"] = .string(image)
        let env = (container["env"]?.elements ?? []).map { variable -> JSONValue in
            if variable["name"]?.text == "SONDE_METRICS" {
                return .object(["name": .string("SONDE_METRICS"), "value": .string("0.0.0.0:\(metrics.number)")])
            }
            return variable["value"] != nil ? variable : .object(["name": variable["name"] ?? .null, "value": .string("worker-1")])
        }
        // The image's own variable.
        let (variable, value) = name == "agent" ? ("SONDE_STATE", "/var/lib/sonde-agent") : ("SONDE_DATA", "/data")
        let own = [JSONValue.object(["name": .string(variable), "value": .string(value)])]
        changed["env"] = .array(env + own)
        spec["containers"] = .array([.object(changed)])
        let mounts = Set((container["volumeMounts"]?.elements ?? []).compactMap { $0["name"]?.text })
        let volumes = Dictionary(
            uniqueKeysWithValues: (template["volumes"]?.elements ?? []).map { ($0["name"]?.text ?? "", $0) })
        spec["volumes"] = .array(
            try mounts.sorted().map { name in
                let path = try folder(volumes[name], name)
                return .object(["name": .string(name), "hostPath": .object(["path": .string(path)])])
            })
        let namespace = objects.first { $0["kind"]?.text == kind }?["metadata", "namespace"] ?? .null
        let meta: JSONObject = ["name": .string("sonde-\(name)-0"), "namespace": namespace, "uid": .string(UUID().uuidString.lowercased())]
        return ["metadata": .object(meta), "spec": .object(spec)]
    }

    /// - Parameter volume: `nil` for one that a StatefulSet claims.
    private func folder(_ volume: JSONValue?, _ name: String) throws -> String {
        if volume?["configMap"] != nil { return config }
        if volume?["secret"] != nil { return secrets }
        guard let path = volume?["hostPath", "path"]?.text else { return data }
        if path.hasPrefix("/run/") { return lab.directory + path }
        if path.hasPrefix("/var/log/") { return lab.directory + "/log/" + path.dropFirst("/var/log/".count) }
        return path.hasPrefix("/var/lib/") ? try scene.makeDirectory("state") : path
    }

    func sonde(_ words: String...) async throws -> Command {
        var options = ["--port", "\(control.number)", "--token-file", scene.path("own/token")]
        if hasTLS {
            let own = scene.path("own")
            options += ["--tls-ca", own + "/ca.pem", "--tls-certificate", own + "/me.pem", "--tls-key", own + "/me-key.pem"]
        }
        return try await scene.command("\(Release.directory)/sonde", options + words)
    }
}

extension JSONValue {
    /// What stands below the names of nested objects.
    fileprivate subscript(names: String...) -> JSONValue? {
        names.reduce(Optional(self)) { value, name in value?.members?[name] }
    }

    fileprivate var elements: [JSONValue] { if case .array(let elements) = self { elements } else { [] } }
}
