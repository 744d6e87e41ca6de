import Glibc
import Synchronization

/// A network namespace that acts as a machine of its own: one cable, a pair of interfaces, connects it to this one. Needs root, iptables
/// and iproute2.
///
/// Its faults are made inside of it and end with it.
struct NetworkNode {
    enum Fault: CaseIterable {
        /// All packets are lost silently.
        case partition
        /// What the agent sends is lost; what the collector sends arrives.
        case partitionOutwards
        /// What the collector sends is lost; what the agent sends arrives.
        case partitionInwards
        /// Every packet is answered with a reset, and none passes.
        case reset
        /// A cable with far too little bandwidth for the agent.
        case slow
    }

    /// This side's address: where a collector listens.
    let collectorAddress: String
    private let name: String
    private let cable: String
    private let scene: Scene

    private static let count = Atomic<Int>(0)

    /// Makes it for one test; it is removed at the end of the test.
    init(_ scene: Scene) async throws {
        let number = Self.count.wrappingAdd(1, ordering: .relaxed).newValue
        // An interface's name has at most 15 characters. Another test run may be under way on the same machine.
        name = "sonde\(getpid())-\(number)"
        cable = "sd\(getpid())x\(number)"
        // Addresses for tests of networks (RFC 2544), which no machine has and no engine hands out.
        let subnet = "198.\(18 + Int(getpid()) / 256 % 2).\(Int(getpid()) % 256)"
        collectorAddress = "\(subnet).\(number * 4 + 1)"
        self.scene = scene
        let (name, cable) = (name, cable)
        scene.later {
            _ = try? await scene.command("ip", ["link", "del", cable])
            _ = try? await scene.command("ip", ["netns", "del", name])
        }
        try await host("ip", "netns", "add", name)
        try await host("ip", "link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", name)
        try await host("ip", "addr", "add", "\(collectorAddress)/30", "dev", cable)
        try await host("ip", "link", "set", cable, "up")
        try await inside("ip", "addr", "add", "\(subnet).\(number * 4 + 2)/30", "dev", "eth0")
        try await inside("ip", "link", "set", "eth0", "up")
    }

    /// Words before the command line of a program on this node. `ip netns exec` isn't used, as it would mount another /sys.
    var prefix: [String] { ["nsenter", "--net=/run/netns/\(name)"] }

    func begin(_ fault: Fault) async throws {
        switch fault {
        case .partition:
            try await inside("iptables", "-A", "OUTPUT", "-j", "DROP")
            try await inside("iptables", "-A", "INPUT", "-j", "DROP")
        case .partitionOutwards: try await inside("iptables", "-A", "OUTPUT", "-j", "DROP")
        case .partitionInwards: try await inside("iptables", "-A", "INPUT", "-j", "DROP")
        case .reset:
            for chain in ["OUTPUT", "INPUT"] {
                try await inside("iptables", "-A", chain, "-p", "tcp", "-j", "REJECT", "--reject-with", "tcp-reset")
            }
        case .slow:
            try await inside("tc", "qdisc", "add", "dev", "eth0", "root", "tbf", "rate", "32kbit", "burst", "2kb", "latency", "500ms")
        }
    }

    /// How many packets the fault has affected so far.
    func met(_ fault: Fault) async throws -> Int {
        if fault == .slow {
            // Sent 2120 bytes 9 pkt (dropped 0, overlimits 12 requeues 0)
            let words = try await inside("tc", "-s", "qdisc", "show", "dev", "eth0").split(whereSeparator: \.isWhitespace)
            return words.firstIndex(of: "overlimits").flatMap { Int(words[$0 + 1]) } ?? 0
        }
        // Each rule's line begins with its packets.
        return try await inside("iptables", "-nvxL").split(separator: "\n").reduce(0) { sum, line in
            let words = line.split(separator: " ")
            return sum + (words.contains("DROP") || words.contains("REJECT") ? Int(words[0]) ?? 0 : 0)
        }
    }

    func heal(_ fault: Fault) async throws {
        if fault == .slow { try await inside("tc", "qdisc", "del", "dev", "eth0", "root") } else { try await inside("iptables", "-F") }
    }

    private func host(_ words: String...) async throws {
        try await scene.command(words[0], Array(words.dropFirst())).succeeded()
    }

    @discardableResult private func inside(_ words: String...) async throws -> String {
        try await scene.command(prefix[0], [prefix[1]] + words).succeeded()
    }
}
