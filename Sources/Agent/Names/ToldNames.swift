import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What a runtime's or a kubelet's files tell of a container that no engine tells of.
struct ToldNames: Sendable, Equatable {
    var source: NameSource
    var name = ""
    var image = ""
    /// A pod's names are labels, as with an engine under a kubelet.
    var labels: [String: String] = [:]
    /// Whether it is a sandbox in which its pod's containers run (`ContainerInfo.holdsPod`).
    var holdsPod = false
}

extension ToldNames {
    /// Of a pod's container; a part that isn't known is `nil`.
    init(_ source: NameSource, container: String?, pod: String?, namespace: String?, uid: String?, image: String? = nil) {
        let pairs = [
            (DeploymentNames.podLabel, pod), (DeploymentNames.namespaceLabel, namespace), (DeploymentNames.podUIDLabel, uid),
            (DeploymentNames.podContainerLabel, pod == nil ? nil : container),
        ]
        self.init(source: source, name: container ?? "", image: image ?? "")
        for case (let label, let value?) in pairs { labels[label] = value }
    }
}

extension ContainerInfo {
    /// Takes over what files tell of a container that no engine knows.
    mutating func take(_ told: ToldNames) {
        names = told.source
        if !told.name.isEmpty { name = told.name }
        image = told.image
        labels.merge(told.labels) { _, new in new }
        holdsPod = holdsPod || told.holdsPod
    }
}

/// What came of looking for a container's names.
enum NameOutcome: Sendable, Equatable {
    /// - Parameter isWhole: whether there is nothing more to be told.
    case told(ToldNames, isWhole: Bool)
    /// There is no file about it, or none that this agent may read, or it tells nothing.
    case silent
    /// Something stands there that can't be read; the reason goes on from "the names of a container can't be read: ".
    case failed(String)
}

extension NameOutcome {
    /// What isn't there, or is closed to this agent, tells nothing.
    init(_ error: DiskError) {
        self = error.isAbsent || error.code == EACCES || error.code == EPERM ? .silent : .failed(error.description)
    }
}

/// What one place answered.
struct NameAnswers: Sendable {
    /// By container id.
    var outcomes: [String: NameOutcome] = [:]
    /// The directories that couldn't be looked into, though they are there and open to this agent; each reason goes on as that of `NameOutcome.failed`.
    private(set) var faults: [String] = []

    subscript(id: String) -> NameOutcome? { outcomes[id] }

    /// Looks into a directory, and keeps what is in the way.
    ///
    /// - Parameter option: which names the directory above it.
    mutating func look(_ option: String, _ body: () throws(DiskError) -> Void) {
        do throws(DiskError) { try body() } catch {
            guard case .failed(let reason) = NameOutcome(error) else { return }
            // Of a link that isn't followed open(2) says that it is no directory.
            let advice = error.isInTheWay ? "; links aren't followed: mount the real place there, or name its root with \(option)" : ""
            faults.append(reason + advice)
        }
    }
}

/// The directories below which runtimes and kubelets keep their files. On a host they are the host's own; a container has them mounted elsewhere.
struct NameRoots: Sendable, Equatable {
    /// Runtimes' state, such as `containerd/io.containerd.runtime.v2.task`.
    var run = "/run"
    /// Podman's list of its containers, `containers/storage`.
    var lib = "/var/lib"
    /// A kubelet's logs, `containers` and `pods`.
    var log = "/var/log"
}
