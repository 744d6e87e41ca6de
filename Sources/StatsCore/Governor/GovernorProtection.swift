/// What whoever starts a container chooses for it, and by which it can take itself out of a policy that believes it (key `exempt`).
package enum GovernorExemption: String, Sendable, CaseIterable {
    /// The label `sonde.protect`.
    case label
    /// The name of the image, or that it is known by its id only.
    case image
    /// The labels of an orchestrator: a namespace `kube-…`, the sandbox of a pod, and that it is a task of a Swarm or a pod.
    case namespace
}

/// Containers that a policy may not touch.
package enum GovernorProtection {
    /// A container with this label, and any value but `false`, is protected.
    package static let label = "sonde.protect"

    /// Images of Sonde itself, of engines inside containers, and of the parts of a Kubernetes node; without registry and tag.
    private static let images: Set<String> = [
        "sonde", "sonde-agent", "sonde-collector", "docker", "dind", "podman", "buildkit", "pause", "pause-amd64", "pause-arm64",
        "hyperkube",
        "kubelet", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "etcd", "coredns", "k3s", "rke2-runtime",
    ]
    /// Repositories all of whose images are nodes or engines.
    private static let owners: Set<String> = ["kindest", "rancher", "kubernetes", "moby"]

    /// Why a policy that believes `exempt` may not touch a container; `nil` when it may.
    package static func reason(_ container: GovernorContainer, exempt: Set<GovernorExemption>) -> String? {
        let facts = container.facts
        if container.isOwn { return "it is the agent's own" }
        guard facts.name != nil, let image = facts.image else { return "nobody tells its name and image" }
        let reasons: [(GovernorExemption, (GovernorFacts) -> String?)] = [
            (.label, labelled), (.image, { _ in named(image) }), (.namespace, orchestrated),
        ]
        for (exemption, reason) in reasons where exempt.contains(exemption) {
            if let reason = reason(facts) { return reason }
        }
        return nil
    }

    private static func labelled(_ facts: GovernorFacts) -> String? {
        guard let value = facts.labels[label], value.lowercased() != "false" else { return nil }
        return "it is labelled \(label)=\(value)"
    }

    private static func named(_ image: String) -> String? {
        if isID(image) { return "its image is known by its id only" }
        let path = name(of: image).split(separator: "/")
        if let last = path.last, images.contains(String(last)) { return "its image is \(last)" }
        return path.dropLast().contains { owners.contains(String($0)) } ? "its image is \(image)" : nil
    }

    private static func orchestrated(_ facts: GovernorFacts) -> String? {
        if let namespace = facts.labels["io.kubernetes.pod.namespace"], namespace.hasPrefix("kube-") { return "it is in \(namespace)" }
        let isSandbox = facts.labels["io.kubernetes.docker.type"] == "podsandbox" || facts.labels["io.kubernetes.container.name"] == "POD"
        return isSandbox ? "it holds a pod's network" : nil
    }

    /// Whether this is an id instead of a name: the engine gives it when another image has taken the name, and nobody can tell what the image is.
    private static func isID(_ image: String) -> Bool {
        let isHexadecimal = image.utf8.count >= 12 && image.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
        return image.hasPrefix("sha256:") || isHexadecimal
    }

    /// The image's name without tag and digest: `registry:5000/sonde-agent` of `registry:5000/sonde-agent:1.2@sha256:…`.
    private static func name(of image: String) -> Substring {
        let undigested = image.prefix { $0 != "@" }
        guard let colon = undigested.lastIndex(of: ":"), !undigested[colon...].contains("/") else { return undigested }
        return undigested[..<colon]
    }
}
