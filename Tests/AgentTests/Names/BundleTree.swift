import Foundation
import StatsCore
import TestSupport

@testable import Agent

/// A runtime's and a kubelet's files, as on a host without an engine's socket.
final class BundleTree: Sendable {
    static let app = "6ab9f1eb8f7d3388f4f9d586f66e99fd54080df2c446f0e58668b09c08a16dd0"
    static let pause = "0d3c1bc0a1d1dc2a4a4e3a9b04e1ab2b0f5a6c4e3d2b1a09f8e7d6c5b4a39281"
    static let uid = "0f3b6a52-9d1e-4c55-8a67-1c2d3e4f5a6b"
    /// Of each config.json here; nothing may show it.
    static let secret = "correct horse battery staple"

    private let scratch: ScratchDirectory

    init() throws { scratch = try ScratchDirectory() }

    var path: String { scratch.path }
    var roots: NameRoots { NameRoots(run: path + "/run", lib: path + "/lib", log: path + "/log") }
    var reader: BundleReader { BundleReader(roots: roots) }

    static func task(_ id: String, namespace: String = "k8s.io", of containerd: String = "containerd") -> String {
        "run/\(containerd)/io.containerd.runtime.v2.task/\(namespace)/\(id)"
    }

    func write(_ text: String, to name: String) throws { try scratch.write(text, to: name) }
    func makeDirectory(_ name: String) throws { try scratch.makeDirectory(name) }
    func path(_ name: String) -> String { scratch.path(name) }

    /// Writes a bundle with these annotations.
    func bundle(_ directory: String, _ annotations: [String: String]) throws {
        try write(Self.config(annotations), to: directory + "/config.json")
    }

    /// A config.json as a runtime writes it, with what it holds besides annotations.
    static func config(_ annotations: [String: String]) -> String {
        let config = JSONValue.object([
            "ociVersion": .string("1.1.0"), "annotations": .object(annotations.mapValues { .string($0) }),
            "process": .object([
                "env": .array([.string("PASSWORD=\(secret)"), .string(#"NAMES={"annotations":{"nerdctl/name":"\#(secret)"}}"#)]),
                "args": .array([.string(secret)]), "cwd": .string("/"),
            ]),
            "linux": .object(["cgroupsPath": .string("/kubepods/pod\(uid)/\(app)")]),
        ])
        var out = ByteWriter()
        out.append(config)
        return out.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }

    /// As containerd annotates a container of a pod, or its sandbox.
    static func cri(_ name: String?, pod: String = "web-7d9f", namespace: String = "shop", image: String? = "registry.example/app:1.2")
        -> [String: String]
    {
        var annotations = [
            "io.kubernetes.cri.container-type": name == nil ? "sandbox" : "container", "io.kubernetes.cri.sandbox-id": pause,
            "io.kubernetes.cri.sandbox-name": pod, "io.kubernetes.cri.sandbox-namespace": namespace, "io.kubernetes.cri.sandbox-uid": uid,
        ]
        annotations["io.kubernetes.cri.container-name"] = name
        if name != nil { annotations["io.kubernetes.cri.image-name"] = image }
        return annotations
    }
}

extension NameOutcome {
    var names: ToldNames? { if case .told(let names, _) = self { names } else { nil } }
    var fault: String? { if case .failed(let reason) = self { reason } else { nil } }
}
