import Foundation
import Glibc
import StatsCore
import TestSupport
import Testing

/// A real containerd with its CRI plugin (Tests/Lab/cri.sh), and pods in it as a kubelet starts them.
final class PodLab {
    struct Started {
        let sandbox: String
        let container: String
    }

    /// Below it are `run` and `log`, what a host has below /run and /var/log.
    let directory: String
    private let scene: Scene
    private var count = 0

    private init(_ directory: String, _ scene: Scene) {
        self.directory = directory
        self.scene = scene
    }

    /// Starts one of the test's own. A socket's path has at most 107 characters, so it isn't below the scene.
    static func open(_ scene: Scene) async throws -> PodLab {
        var template = Array("/tmp/sonde-cri-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Child.Failure(description: "no directory for containerd") }
        let lab = PodLab(String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self), scene)
        let environment = ["SONDE_CRI": lab.directory]
        scene.later { _ = try? await scene.command(script("cri.sh"), ["down"], environment: environment) }
        try await scene.command(script("cri.sh"), ["up"], environment: environment).succeeded()
        return lab
    }

    private static func script(_ name: String) -> String { Checkout.tests + "/Lab/" + name }

    /// What makes an agent read this containerd's names, and not the machine's.
    /// - Parameter run: another directory for runtimes' state.
    func options(run: String? = nil) -> [String] {
        ["--run", run ?? directory + "/run", "--log", directory + "/log", "--lib", directory + "/lib"]
    }

    /// Starts a pod of one container.
    /// - Parameters:
    ///   - script: what its shell runs.
    ///   - hasLink: whether there is a link of a kubelet for its log.
    func run(_ pod: String, in namespace: String, container: String = "app", script: String, hasLink: Bool = true) async throws -> Started {
        try await start([
            "metadata": .object(["name": .string(pod), "namespace": .string(namespace), "uid": .string(UUID().uuidString.lowercased())]),
            "spec": .object([
                "containers": .array([
                    .object([
                        "name": .string(container), "image": .string("sonde.test/busybox:1"),
                        "command": .array([.string("/bin/sh"), .string("-c")]), "args": .array([.string(script)]),
                        "env": .array([.object(["name": .string("PASSWORD"), "value": .string(Self.secret)])]),
                    ])
                ])
            ]),
            "link": .bool(hasLink),
        ])
    }

    /// In each container's environment.
    static let secret = "correct-horse-battery-staple"

    /// Starts a pod that is described as the API server does.
    func start(_ pod: JSONObject) async throws -> Started {
        count += 1
        let file = scene.path("pod\(count).json")
        var out = ByteWriter()
        out.append(.object(pod))
        try Data(out.withUnsafeBytes { Array($0) }).write(to: URL(fileURLWithPath: file))
        let ids = try await script("run", file).split(whereSeparator: \.isWhitespace).map(String.init)
        guard ids.count == 2 else { throw Child.Failure(description: "cri.py printed no ids: \(ids)") }
        return Started(sandbox: ids[0], container: ids[1])
    }

    func remove(_ pod: Started) async throws { try await script("remove", pod.sandbox) }

    /// Runs a command in a pod's container, as a kubelet does for a probe.
    func exec(_ pod: Started, _ command: [String]) async throws {
        try await scene.command("/usr/bin/python3", [Self.script("cri.py"), directory, "exec", pod.container] + command).succeeded()
    }

    /// Makes an image of programs.
    /// - Parameters:
    ///   - files: where each comes from, and its path in the image.
    ///   - entrypoint: the program that it starts.
    func image(_ name: String, _ files: [String: String], entrypoint: String) async throws {
        let words = ["image", name] + files.map { "\($0)=\($1)" } + ["--", entrypoint]
        try await scene.command(Self.script("cri.sh"), words, environment: ["SONDE_CRI": directory]).succeeded()
    }

    @discardableResult private func script(_ words: String...) async throws -> String {
        try await scene.command("/usr/bin/python3", [Self.script("cri.py"), directory] + words).succeeded()
    }
}

extension Trait where Self == ConditionTrait {
    /// A test with a containerd of its own. It is skipped where that can't be started, but always runs in CI.
    static var containerd: Self {
        .enabled("needs root, and Debian's containerd, runc, busybox-static and python3-grpcio") {
            if ProcessInfo.processInfo.environment["SONDE_REQUIRE_ENGINE"] == "1" { return true }
            let needed = ["/usr/bin/containerd", "/usr/bin/ctr", "/usr/sbin/runc", "/usr/lib/python3/dist-packages/grpc"]
            return geteuid() == 0 && needed.allSatisfy { access($0, F_OK) == 0 }
        }
    }
}
