/// `/proc/<pid>/cgroup`: a process's cgroup in each hierarchy.
///
///     4:memory:/docker/3f0e…
///     3:cpu,cpuacct:/docker/3f0e…
///     1:name=systemd:/docker/3f0e…
///     0::/system.slice/docker-3f0e….scope
///
/// Hierarchy 0, which names no controller, is version 2. Read once for each container. Source: cgroups(7).
package struct PidCgroup: Sendable, Equatable {
    /// The path in the version 2 hierarchy.
    package var unified: String?
    /// The path for each version 1 controller, such as `cpuacct`, and for each named hierarchy, such as `name=systemd`.
    package var controllers: [String: String] = [:]

    package init() {}

    package init(parsing bytes: RawSpan) {
        var cursor = ByteCursor(bytes)
        while let number = cursor.field(upTo: UInt8(ascii: ":")),
            let names = cursor.field(upTo: UInt8(ascii: ":")),
            let path = cursor.field(upTo: UInt8(ascii: "\n")), !number.isEmpty
        {
            let text = cursor.string(path)
            if names.isEmpty {
                unified = text
            } else {
                for name in cursor.string(names).split(separator: ",") { controllers[String(name)] = text }
            }
        }
    }
}
