import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The names that a kubelet gives to its containers' logs. Only the names are read: neither links nor logs are opened.
///
///     <log>/containers/<pod>_<namespace>_<container>-<id>.log      links
///     <log>/pods/<namespace>_<pod>_<uid>/
///
/// Source: Kubernetes, `pkg/kubelet/kuberuntime/legacy.go` and `pkg/kubelet/kuberuntime/helpers.go`.
struct KubeletNames: Sendable {
    private struct Name {
        let container: String?
        let pod: String
        let namespace: String
    }

    /// By container id.
    private var containers: [String: Name] = [:]
    /// By UID.
    private var pods: [String: Name] = [:]

    /// Looks for each of these containers. It may block as long as the directories' file system does.
    static func read(_ containers: [CgroupPath], below log: String) -> NameAnswers {
        var answers = NameAnswers()
        func names(_ directory: String, _ type: Int) -> [String] {
            var names: [String] = []
            answers.look("--log") { () throws(DiskError) in names = try Descriptor.directory(log).directory(directory).names(of: type) }
            return names
        }
        let told = KubeletNames(links: names("containers", Int(DT_LNK)), directories: names("pods", Int(DT_DIR)))
        for container in containers { answers.outcomes[container.containerID] = told.names(of: container) }
        return answers
    }

    init(links: [String], directories: [String]) {
        for link in links {
            guard link.hasSuffix(".log") else { continue }
            let stem = link.dropLast(4)
            let id = stem.suffix(64)
            guard CgroupPath.isContainerID(id), stem.count > 65, stem.dropLast(64).hasSuffix("-"),
                let parts = Self.parts(stem.dropLast(65))
            else { continue }
            containers[String(id)] = Name(container: parts[2], pod: parts[0], namespace: parts[1])
        }
        for directory in directories {
            guard let parts = Self.parts(directory[...]) else { continue }
            pods[parts[2]] = Name(container: nil, pod: parts[1], namespace: parts[0])
        }
    }

    /// Three names of Kubernetes objects, none of which can hold what stands between them.
    private static func parts(_ text: Substring) -> [String]? {
        let parts = text.split(separator: "_", omittingEmptySubsequences: false).map(String.init)
        let isName = { (part: String) in
            !part.isEmpty
                && part.utf8.allSatisfy { ($0 | 0x20) &- UInt8(ascii: "a") < 26 || $0 &- UInt8(ascii: "0") < 10 || $0 == 45 || $0 == 46 }
        }
        return parts.count == 3 && parts.allSatisfy(isName) ? parts : nil
    }

    /// What they tell of a container: all of it, or where it has no link only its pod. A kubelet makes the link when the container has started.
    func names(of container: CgroupPath) -> NameOutcome {
        let uid = container.podUID
        if let name = containers[container.containerID] {
            return .told(ToldNames(.kubelet, container: name.container, pod: name.pod, namespace: name.namespace, uid: uid), isWhole: true)
        }
        guard let uid, let name = pods[uid] else { return .silent }
        return .told(ToldNames(.kubelet, container: nil, pod: name.pod, namespace: name.namespace, uid: uid), isWhole: false)
    }
}
