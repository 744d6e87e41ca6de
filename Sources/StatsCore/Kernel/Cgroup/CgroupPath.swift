/// The container that a cgroup belongs to, found from the cgroup's path alone.
///
/// Engines name a container's cgroup after its id of 64 hexadecimal digits:
///
///     /docker/<id>                                                          Docker, cgroupfs driver
///     /system.slice/docker-<id>.scope                                       Docker, systemd driver
///     /my-parent/<id>                                                       Docker with a cgroup parent
///     /kubepods/burstable/pod<uid>/<id>                                     Kubernetes, cgroupfs driver
///     /kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod<uid>.slice/cri-containerd-<id>.scope
///     /kubepods.slice/kubepods-pod<uid>.slice/crio-<id>.scope               Kubernetes with CRI-O
///     /machine.slice/libpod-<id>.scope/container                            Podman; libpod-conmon-<id>.scope is its monitor
///     /default/<id>, /k8s.io/<id>                                           containerd by itself
///     /system.slice:docker:<id>                                             runc given a systemd name without its driver
///     /system.slice/containerd.service/kubepods-pod<uid>.slice:cri-containerd:<id>   the same below a service
///     /kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod<uid>.slice/…        a kubelet with a root of its own, as kind's
///     /kubepods/burstable/pod<uid>/kata_<id>                                Kata Containers; /kata_overhead/… is the virtual machine's part
///
/// Others name it after the container's own name, which is then its id:
///
///     /lxc.payload.<name>, /lxc.payload/<name>, /lxc/<name>                 LXC, LXD, Incus, Proxmox; lxc.monitor… is its monitor
///     /machine.slice/machine-<name>.scope                                   systemd-nspawn and whoever registers a machine, but for QEMU's
///     /machine.slice/systemd-nspawn@<name>.service                          systemd-nspawn as a service
///     /default/<name>                                                       containerd's `ctr run`
package struct CgroupPath: Sendable, Equatable {
    package enum Runtime: String, Sendable {
        case docker, containerd, crio, podman, lxc, nspawn
        /// A pod's container whose path doesn't show the runtime.
        case kubernetes
    }

    package let runtime: Runtime
    package let containerID: String
    /// Whether the id is a name that somebody gave it.
    package var isNamed: Bool { !Self.isContainerID(containerID) }
    /// Whether it is the virtual machine in which a pod's containers run, as Kata's Go runtime names it.
    package var holdsPod: Bool { root.hasSuffix("/kata_" + containerID) }
    /// Of the Kubernetes pod, with dashes; `nil` outside of Kubernetes.
    package let podUID: String?
    /// The path down to the container's own cgroup, without cgroups nested in it.
    package let root: String

    /// - Returns: `nil` when `path` holds no container's id. For a container inside a container it is the outer one.
    package init?(_ path: String) {
        var root = ""
        var visible = ""
        var podUID: String?
        var parent: Substring = ""
        var isPod = false
        // Kata's cgroup for the virtual machine itself carries the ids of its containers too.
        if path.hasPrefix("/kata_overhead/") { return nil }
        for name in path.split(separator: "/") {
            root += "/" + name
            // A reader in a cgroup namespace of its own sees the others' paths from there. Source: cgroup_namespaces(7).
            if name != ".." { visible += "/" + name }
            isPod = isPod || name.hasPrefix("kubepods") || name.contains("-kubepods")
            // After a colon, a slice's name may be followed by the container's own name.
            if isPod, let uid = Self.podUID(name.prefix { $0 != ":" }) { podUID = uid }
            if let (runtime, id) = Self.container(name, parent: parent, isPod: isPod) ?? Self.named(name, visible) {
                self.runtime = runtime
                containerID = id
                self.podUID = podUID
                self.root = root
                return
            }
            parent = name
        }
        return nil
    }

    /// Whether this is the id of a container: 64 lower-case hexadecimal digits.
    package static func isContainerID(_ text: some StringProtocol) -> Bool {
        let digits = text.utf8
        return digits.count == 64
            && digits.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }

    /// The prefixes of an id, and the runtime that writes each. After `libpod-` of `libpod-conmon-<id>` comes no bare id, so that doesn't match.
    private static let prefixes: [(String, Runtime)] = [
        ("docker-", .docker), ("cri-containerd-", .containerd), ("containerd-", .containerd), ("nerdctl-", .containerd),
        ("crio-", .crio), ("libpod-payload-", .podman), ("libpod-", .podman),
        ("kata_", .kubernetes),
    ]

    private static func container(_ name: Substring, parent: Substring, isPod: Bool) -> (Runtime, String)? {
        if isContainerID(name) { return (runtime(under: parent, isPod: isPod), String(name)) }

        // <slice>:<prefix>:<id>
        let parts = name.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count >= 2, isContainerID(parts[parts.count - 1]) {
            let prefix = parts[parts.count - 2]
            let named = prefixes.first { $0.0.dropLast() == prefix }?.1
            return (named ?? runtime(under: parent, isPod: isPod), String(parts[parts.count - 1]))
        }

        let bare = name.hasSuffix(".scope") ? name.dropLast(6) : name
        for (prefix, runtime) in prefixes where bare.hasPrefix(prefix) && isContainerID(bare.dropFirst(prefix.count)) {
            return (runtime, String(bare.dropFirst(prefix.count)))
        }
        return nil
    }

    /// A container whose cgroup has a name for an id.
    /// - Parameter path: down to `name`.
    private static func named(_ name: Substring, _ path: String) -> (Runtime, String)? {
        for (prefix, suffix, runtime) in named where path.hasPrefix(prefix) && path.hasSuffix(suffix) {
            let id = path.dropFirst(prefix.count).dropLast(suffix.count)
            if !id.isEmpty, !id.contains("/"), !id.hasPrefix("qemu\\x2d") { return (runtime, unescaped(id)) }
        }
        return nil
    }

    private static let named: [(prefix: String, suffix: String, Runtime)] = [
        ("/lxc.payload.", "", .lxc), ("/lxc.payload/", "", .lxc), ("/lxc/", "", .lxc), ("/machine.slice/machine-", ".scope", .nspawn),
        ("/machine.slice/systemd-nspawn@", ".service", .nspawn), ("/default/", "", .containerd),
    ]

    /// Whether a line of `/proc/<pid>/cgroup` may name a container, found out without an allocation: most processes of a host are in none.
    static func mayName(_ bytes: RawSpan, _ line: Range<Int>) -> Bool {
        // An id alone has 64 bytes.
        if line.count > 64 { return true }
        let cursor = ByteCursor(bytes)
        guard let slash = line.first(where: { cursor.byte($0) == UInt8(ascii: "/") }) else { return false }
        for start: StaticString in ["/lxc", "/machine.slice/", "/default/"] {
            let count = start.utf8CodeUnitCount
            if line.upperBound - slash > count, cursor.matches(slash..<slash + count, start) { return true }
        }
        return false
    }

    /// Systemd writes a byte that a unit's name may not have as `\x2d` (systemd.unit(5)).
    private static func unescaped(_ name: Substring) -> String {
        guard name.contains("\\") else { return String(name) }
        var bytes: [UInt8] = []
        var rest = Array(name.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.dropFirst().prefix(2)
            if byte == UInt8(ascii: "\\"), rest.first == UInt8(ascii: "x"), digits.count == 2,
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func runtime(under parent: Substring, isPod: Bool) -> Runtime {
        if isPod { return .kubernetes }
        return parent == "default" || parent == "k8s.io" ? .containerd : .docker
    }

    /// The uid of `pod<uid>`, or of `kubepods-burstable-pod<uid>.slice`, where systemd's names have underscores for the dashes.
    private static func podUID(_ name: Substring) -> String? {
        if name.hasPrefix("pod") { return String(name.dropFirst(3)) }
        guard name.hasSuffix(".slice"), let pod = name.split(separator: "-").last, pod.hasPrefix("pod") else { return nil }
        return String(pod.dropFirst(3).dropLast(6).map { $0 == "_" ? "-" : $0 })
    }
}
