/// How a host's cores belong together, as in `/sys/devices/system/cpu/cpu<N>/topology` and `/sys/devices/system/node`. A list for each fact, with an entry for each
/// core that is online, so that the lists are the columns of a table.
///
/// Source: Documentation/admin-guide/cputopology.rst, Documentation/ABI/stable/sysfs-devices-node, Documentation/admin-guide/pm/cpufreq.rst.
package struct CPUTopology: Codable, Sendable, Equatable {
    /// The core's number, as in table `cpu`.
    package var cpu: [Int] = []
    /// `core_id`: the number of the physical core, within its package.
    package var core: [Int?] = []
    /// `physical_package_id`: the socket.
    package var package: [Int?] = []
    package var numaNode: [Int?] = []
    /// `thread_siblings_list`: the cores that are threads of the same physical one, itself included, such as `0,64`.
    package var siblings: [String?] = []
    /// `cpuinfo_max_freq`: the highest clock, hertz; absent where the kernel tells no core's, as in most virtual machines.
    package var maxHz: [UInt64?]?

    package enum CodingKeys: String, CodingKey {
        case cpu, core, package, siblings
        case numaNode = "numa_node"
        case maxHz = "max_hz"
    }

    /// No kernel has more cores.
    package static let most = 8192
    /// A physical core has a few threads.
    private static let longestSiblings = 64

    /// - Returns: `nil` where `/sys` doesn't say which cores there are.
    package init?(sys: String) {
        let directory = "\(sys)/devices/system/cpu"
        guard let online = KernelFile.word(of: "\(directory)/online").flatMap(Self.numbers), !online.isEmpty else { return nil }
        let nodes = Self.nodes("\(sys)/devices/system/node")
        var hertz: [UInt64?] = []
        for number in online {
            let core = "\(directory)/cpu\(number)"
            func word(_ name: String) -> String? { KernelFile.word(of: "\(core)/\(name)") }
            func id(_ name: String) -> Int? { word("topology/\(name)").flatMap { Int($0) }.flatMap { $0 < 0 ? nil : $0 } }
            cpu.append(number)
            self.core.append(id("core_id"))
            package.append(id("physical_package_id"))
            numaNode.append(nodes[number])
            siblings.append(word("topology/thread_siblings_list").flatMap { $0.utf8.count <= Self.longestSiblings ? $0 : nil })
            hertz.append(KernelUnits.scaled(word("cpufreq/cpuinfo_max_freq").flatMap { UInt64($0) }, by: 1000))
        }
        if hertz.contains(where: { $0 != nil }) { maxHz = hertz }
    }

    /// The same, without clocks, or `nil`, where it takes more than that many bytes of JSON: all of a `hello` has a limit.
    package func fitting(_ bytes: Int = 16 * 1024) -> CPUTopology? {
        func fits(_ topology: CPUTopology) -> Bool { (try? JSONCoding.encode(topology)).map { $0.count <= bytes } ?? false }
        if fits(self) { return self }
        var slim = self
        slim.maxHz = nil
        return fits(slim) ? slim : nil
    }

    /// Whether it can be a host's: each list has an entry for each core, and the texts are short.
    package var isSound: Bool {
        let counts = [core.count, package.count, numaNode.count, siblings.count, maxHz?.count ?? cpu.count]
        return cpu.count <= Self.most && counts.allSatisfy { $0 == cpu.count }
            && siblings.allSatisfy {
                ($0 ?? "").utf8.count <= Self.longestSiblings && ($0 ?? "").utf8.allSatisfy { (0x20..<0x7f).contains($0) }
            }
    }

    private static func nodes(_ directory: String) -> [Int: Int] {
        var nodes: [Int: Int] = [:]
        for name in DirectoryList.subdirectories(of: directory) where name.hasPrefix("node") {
            guard let node = Int(name.dropFirst(4)), let list = KernelFile.word(of: "\(directory)/\(name)/cpulist") else { continue }
            for cpu in numbers(list) ?? [] { nodes[cpu] = node }
        }
        return nodes
    }

    /// The numbers of a list such as `0-3,8`. Source: the kernel's bitmap_print_to_pagebuf().
    static func numbers(_ list: String) -> [Int]? {
        var numbers: [Int] = []
        for part in list.split(separator: ",") {
            let ends = part.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false).map { Int($0) }
            guard let first = ends[0], let last = ends[ends.count - 1], first >= 0, last >= first, last < most else { return nil }
            numbers += first...last
            guard numbers.count <= most else { return nil }
        }
        return numbers
    }
}
