/// The names under which Compose, Swarm and Kubernetes know a container. They are written as labels by whatever made the container; those of a pod also stand in the
/// runtime's annotations and in the names that a kubelet gives its logs.
package struct DeploymentNames: Sendable, Equatable {
    package var composeProject: EncodedText?
    package var composeService: EncodedText?
    package var swarmService: EncodedText?
    package var swarmTask: EncodedText?
    package var swarmNode: EncodedText?
    package var kubernetesNamespace: EncodedText?
    package var kubernetesPod: EncodedText?
    package var kubernetesContainer: EncodedText?
    package var kubernetesPodUID: EncodedText?

    package init() {}

    /// Sources: Compose's `pkg/api/labels.go`; Docker's `daemon/cluster/executor/container/container.go`; Kubernetes'
    /// `pkg/kubelet/types/labels.go`, whose labels cri-dockerd gives to the engine.
    package init(labels: [String: String]) {
        func text(_ label: String) -> EncodedText? { labels[label].flatMap { $0.isEmpty ? nil : EncodedText($0) } }
        composeProject = text(Self.composeProjectLabel)
        composeService = text(Self.composeServiceLabel)
        swarmService = text(Self.swarmServiceLabel)
        swarmTask = text("com.docker.swarm.task.name")
        swarmNode = text("com.docker.swarm.node.id")
        kubernetesNamespace = text(Self.namespaceLabel)
        kubernetesPod = text(Self.podLabel)
        kubernetesContainer = text(Self.podContainerLabel)
        kubernetesPodUID = text(Self.podUIDLabel)
    }

    package static let composeProjectLabel = "com.docker.compose.project"
    package static let composeServiceLabel = "com.docker.compose.service"
    package static let swarmServiceLabel = "com.docker.swarm.service.name"
    /// The one label that needs no names: the pod's UID is in the path of the container's cgroup.
    package static let podUIDLabel = "io.kubernetes.pod.uid"
    package static let namespaceLabel = "io.kubernetes.pod.namespace"
    package static let podLabel = "io.kubernetes.pod.name"
    package static let podContainerLabel = "io.kubernetes.container.name"
    /// The container name of what holds a pod's network, which runs nothing of the pod's own.
    package static let sandbox = "POD"
}

extension ContainerTable {
    @inline(__always) static func visitNames<V: ColumnVisitor & ~Copyable>(_ n: DeploymentNames, _ v: inout V) {
        v.identity("compose_project", n.composeProject, "label com.docker.compose.project", "Compose project")
        v.identity("compose_service", n.composeService, "label com.docker.compose.service", "Compose service")
        v.identity("swarm_service", n.swarmService, "label com.docker.swarm.service.name", "Swarm service, its stack's name in front")
        v.identity(
            "swarm_task", n.swarmTask, "label com.docker.swarm.task.name",
            "Swarm task: service.slot.id, of a global service service.node.id")
        v.identity("swarm_node", n.swarmNode, "label com.docker.swarm.node.id", "Id of the Swarm node that it was placed on")
        v.identity(
            "kubernetes_namespace", n.kubernetesNamespace, "label io.kubernetes.pod.namespace · bundle · kubelet", "Kubernetes namespace")
        v.identity("kubernetes_pod", n.kubernetesPod, "label io.kubernetes.pod.name · bundle · kubelet", "Kubernetes pod")
        v.identity(
            "kubernetes_container", n.kubernetesContainer, "label io.kubernetes.container.name · bundle · kubelet",
            "Name of the container in its pod; POD is its sandbox, which holds the pod's network, or with Kata and its like the whole pod")
        v.identity(
            "kubernetes_pod_uid", n.kubernetesPodUID, "label io.kubernetes.pod.uid · cgroup path", "UID of the pod, also without an engine")
    }
}
