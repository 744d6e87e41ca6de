import StatsCore

/// Finds a container's names in its OCI bundle's `config.json`.
///
/// Nothing but the annotations is looked into: the file also holds the container's environment and arguments, which may be secret.
///
/// Only the keys of the runtime whose directory it is count. CRI-O copies all annotations of a pod into its containers' files, so that of other runtimes' keys the pod's author would decide
/// the names, and whether the container is recorded.
///
/// Sources: OCI runtime specification, config.md; containerd's `internal/cri/annotations`, CRI-O's `pkg/annotations`, nerdctl's `pkg/annotations`.
enum BundleAnnotations {
    /// Who wrote a bundle, which is told by its place.
    enum Writer {
        /// - Parameter shim: the program that it started for the container, whose name says whether it is runc's; `nil` when that isn't known.
        case containerd(shim: String?)
        /// CRI-O or Podman, which keep bundles in containers/storage.
        case storage
    }

    private enum Key: String {
        case container = "io.kubernetes.cri.container-name"
        case pod = "io.kubernetes.cri.sandbox-name"
        case namespace = "io.kubernetes.cri.sandbox-namespace"
        case uid = "io.kubernetes.cri.sandbox-uid"
        case image = "io.kubernetes.cri.image-name"
        case sandboxImage = "io.kubernetes.cri.podsandbox.image-name"
        case kind = "io.kubernetes.cri.container-type"
        case crioContainer = "io.kubernetes.container.name"
        case crioPod = "io.kubernetes.pod.name"
        case crioNamespace = "io.kubernetes.pod.namespace"
        case crioUID = "io.kubernetes.pod.uid"
        case crioImage = "io.kubernetes.cri-o.ImageName"
        case crioKind = "io.kubernetes.cri-o.ContainerType"
        case crioLabels = "io.kubernetes.cri-o.Labels"
        case crioHandler = "io.kubernetes.cri-o.RuntimeHandler"
        case nerdctlName = "nerdctl/name"
    }

    /// A longer value is no name, and counts as absent: cut, it would be another one. Bytes.
    private static let longestName = 1024
    private static let longestLabels = 1 << 16
    private static let mostLabels = 256
    /// The handlers of CRI-O that run a container as processes of the host. Others may run it in a virtual machine.
    private static let plainHandlers: Set<String> = ["", "runc", "crun", "youki"]

    /// - Returns: `nil` when no annotation names it.
    /// - Throws: `JSONFault`, which tells nothing of what stands in the file.
    static func names(in config: RawSpan, by writer: Writer) throws(JSONFault) -> ToldNames? {
        try JSONScanner.validate(config)
        let found = annotations(config)
        return switch writer {
        case .containerd(let shim): containerd(found, shim: shim)
        case .storage: storage(found)
        }
    }

    private static func containerd(_ found: [Key: String], shim: String?) -> ToldNames? {
        let isSandbox = found[.kind] == "sandbox"
        let container = isSandbox ? DeploymentNames.sandbox : name(found[.container]) ?? name(found[.nerdctlName])
        let pod = name(found[.pod])
        guard container != nil || pod != nil else { return nil }
        var told = ToldNames(
            .bundle, container: container, pod: pod, namespace: name(found[.namespace]), uid: name(found[.uid]),
            image: name(found[.image]) ?? name(found[.sandboxImage]))
        told.holdsPod = isSandbox && shim.map { !$0.hasSuffix("-runc-v1") && !$0.hasSuffix("-runc-v2") } ?? false
        return told
    }

    private static func storage(_ found: [Key: String]) -> ToldNames? {
        let labels = found[.crioLabels].map(labels) ?? [:]
        let isSandbox = found[.crioKind] == "sandbox"
        let container = isSandbox ? DeploymentNames.sandbox : name(found[.crioContainer]) ?? labels[DeploymentNames.podContainerLabel]
        let pod = name(found[.crioPod]) ?? labels[DeploymentNames.podLabel]
        guard container != nil || pod != nil else { return nil }
        var told = ToldNames(
            .bundle, container: container, pod: pod, namespace: name(found[.crioNamespace]) ?? labels[DeploymentNames.namespaceLabel],
            uid: name(found[.crioUID]) ?? labels[DeploymentNames.podUIDLabel], image: name(found[.crioImage]))
        told.labels.merge(labels) { own, _ in own }
        told.holdsPod = isSandbox && !plainHandlers.contains(found[.crioHandler] ?? "")
        return told
    }

    private static func name(_ text: String?) -> String? { text.flatMap { !$0.isEmpty && $0.utf8.count <= longestName ? $0 : nil } }

    private static func annotations(_ config: RawSpan) -> [Key: String] {
        var place: Range<Int>?
        var config = JSONScanner(config)
        let cursor = config.cursor
        config.members { key, value in
            if cursor.matches(key, "annotations"), cursor.byte(value.lowerBound) == UInt8(ascii: "{") { place = value }
        }
        guard let place else { return [:] }
        var found: [Key: String] = [:]
        members(of: cursor.bytes, at: place) { name, value in
            guard let key = Key(rawValue: name), value.count <= (key == .crioLabels ? longestLabels : longestName) + 2 else { return }
            found[key] = string(cursor.bytes, value)
        }
        return found
    }

    /// The labels that CRI-O keeps as JSON in a text.
    private static func labels(_ text: String) -> [String: String] {
        let bytes = Array(text.utf8)
        let span = bytes.span.bytes
        guard (try? JSONScanner.validate(span)) != nil else { return [:] }
        var labels: [String: String] = [:]
        members(of: span, at: 0..<bytes.count) { key, value in
            guard labels.count < mostLabels, key.utf8.count <= longestName, value.count <= longestName + 2 else { return }
            labels[key] = string(span, value)
        }
        return labels
    }

    /// Calls `body` with each member whose value is a text: with its key, and the range of its value, quotes included.
    private static func members(of bytes: RawSpan, at place: Range<Int>, _ body: (String, Range<Int>) -> Void) {
        var scanner = JSONScanner(bytes, at: place.lowerBound)
        let cursor = scanner.cursor
        scanner.members { key, value in
            guard value.count >= 2, cursor.byte(value.lowerBound) == UInt8(ascii: "\"") else { return }
            body(cursor.string(key), value)
        }
    }

    /// - Parameter range: of a text that was validated, quotes included.
    private static func string(_ bytes: RawSpan, _ range: Range<Int>) -> String {
        var out = ByteWriter(capacity: range.count)
        out.append(unescaping: bytes.extracting(range.lowerBound + 1..<range.upperBound - 1))
        return out.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }
}
