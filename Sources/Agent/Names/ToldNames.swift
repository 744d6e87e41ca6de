import StatsCore

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

/// The directories below which runtimes and kubelets keep their files. On a host they are the host's own; a container has them mounted elsewhere.
struct NameRoots: Sendable, Equatable {
    /// Runtimes' state, such as `containerd/io.containerd.runtime.v2.task`.
    var run = "/run"
    /// Podman's list of its containers, `containers/storage`.
    var lib = "/var/lib"
    /// A kubelet's logs, `containers` and `pods`.
    var log = "/var/log"
}
