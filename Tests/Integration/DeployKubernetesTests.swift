import Foundation
import Glibc
import StatsCore
import TestSupport
import Testing

extension IntegrationTests.Deploy {
    /// A Python with kubernetes-validate, which has the published schemas, and with PyYAML, its dependency.
    private static let python = ProcessInfo.processInfo.environment["SONDE_PYTHON"]

    private func objects(_ scene: Scene) async throws -> String {
        let script = """
            import glob, json, yaml
            print(json.dumps([o for f in sorted(glob.glob("\(Release.deploy)/kubernetes/*.yaml")) for o in yaml.safe_load_all(open(f))]))
            """
        return try await scene.command(#require(Self.python), ["-c", script]).succeeded()
    }

    @Test(
        "The Kubernetes manifests keep to the published schemas, without a field that those don't know",
        .enabled(if: python != nil, "needs SONDE_PYTHON"))
    func schemas() async throws {
        try await Scene.run { scene in
            let names = try FileManager.default.contentsOfDirectory(atPath: "\(Release.deploy)/kubernetes").filter { $0.hasSuffix(".yaml") }
            #expect(names.count == 5)
            let files = (names + ["secret.yaml.example"]).map { "\(Release.deploy)/kubernetes/\($0)" }
            try await scene.command(#require(Self.python), ["-m", "kubernetes_validate", "--strict"] + files).succeeded()
        }
    }

    @Test(
        "Pods keep to what their namespace enforces, and name what is in it; nobody but agents may connect to the collector",
        .enabled(if: python != nil, "needs SONDE_PYTHON"))
    func namespaces() async throws {
        try await Scene.run { scene in
            let objects: [JSONValue] = try await JSONCoding.decode(from: Array(self.objects(scene).utf8))
            func named(_ kind: String, in namespace: String? = nil) -> [JSONValue] {
                objects.filter { $0["kind"]?.text == kind && (namespace == nil || $0["metadata", "namespace"]?.text == namespace) }
            }
            let levels = Dictionary(
                uniqueKeysWithValues: named("Namespace").map {
                    ($0["metadata", "name"]?.text ?? "", $0["metadata", "labels", "pod-security.kubernetes.io/enforce"]?.text ?? "")
                })
            #expect(levels == ["sonde": "restricted", "sonde-agents": "privileged"])
            for object in objects where object["kind"]?.text != "Namespace" {
                #expect(levels[object["metadata", "namespace"]?.text ?? ""] != nil)
            }
            for workload in named("StatefulSet") + named("DaemonSet") {
                let namespace = workload["metadata", "namespace"]?.text ?? ""
                let pod = try #require(workload["spec", "template", "spec"])
                for volume in pod["volumes"]?.elements ?? [] {
                    guard let name = volume["configMap", "name"]?.text else { continue }
                    #expect(named("ConfigMap", in: namespace).contains { $0["metadata", "name"]?.text == name })
                }
                let policies = named("NetworkPolicy", in: namespace)
                #expect(policies.map { $0["spec", "podSelector"] } == [workload["spec", "selector"]])
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
        "The Kubernetes manifests' mounts, variables, arguments and rights make a complete run, with the containers of cgroups alone",
        .engine, .root, .release, .enabled(if: python != nil, "needs SONDE_PYTHON"))
    func pods() async throws {
        try await Scene.run { scene in
            let manifests = try await Manifests(objects(scene))
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
                let words = pod.dockerArguments(config: config, secret: secret, node: "worker-1", state: "\(name)-volume")
                // With its alias, the name of the service.
                let network = ["--network", "pods", "--network-alias", "\(name).sonde"]
                _ = try await swarm.command(1, ["run", "--detach", "--name", name, "--no-healthcheck"] + network + words).succeeded()
                scene.later {
                    _ = try? await swarm.docker(1, "rm", "--force", name)
                    _ = try? await swarm.docker(1, "volume", "rm", "\(name)-volume")
                }
            }
            try await eventually("the agent") {
                try await swarm.docker(1, "exec", "sonde-collector", "sonde", "instances").contains("worker-1")
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
            #expect(try Set(run.table("container").rows.compactMap { $0["container_id"] }).isSuperset(of: ids))
            let processes = try run.table("process").rows
            #expect(processes.contains { $0["comm"] == "sonde-collector" && $0.integer("read_chars") ?? 0 > 0 })
        }
    }
}

extension JSONValue {
    /// What stands below the names of nested objects.
    fileprivate subscript(names: String...) -> JSONValue? {
        names.reduce(Optional(self)) { value, name in value?.members?[name] }
    }

    fileprivate var elements: [JSONValue] { if case .array(let elements) = self { elements } else { [] } }
}
