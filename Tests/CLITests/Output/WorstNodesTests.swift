import StatsCore
import Testing

@testable import CLI

@Suite("Texts about ten thousand nodes") struct WorstNodesTests {
    private static let count = 10_000

    private static func verdict(missing: (Int) -> UInt64) throws -> RunManifest {
        let order = RunOrder(id: "r", name: "fleet", intervalUs: 1_000_000, t0: 1_800_000_000_000_000, ticks: nil)
        let nodes = (0..<count).map { index in
            var hello = RunManifest.Node(hello: .fleet("node-\(index)"))
            (hello.expected, hello.present) = (100, 100 - missing(index))
            hello.missing = missing(index) > 0 ? ["away": missing(index)] : [:]
            (hello.cpus, hello.memoryBytes) = (4, 1 << 30)
            return hello
        }
        return RunManifest(order: order, note: nil, collectorVersion: "1", nodes: nodes)
    }

    @Test("A verdict names the twenty nodes that miss most, the worst first, and the sums of all")
    func stop() throws {
        let text = try Self.verdict { $0 % 100 == 99 ? UInt64(1 + $0 / 200) : 0 }.text.split(separator: "\n")
        let names = text.filter { $0.hasPrefix("node-") }.map { $0.prefix { $0 != " " } }
        #expect(names.count == 20 && names[0] == "node-9899" && names[1] == "node-9999", "\(names)")
        let sums = try #require(text.first { $0.hasPrefix("all 10000 nodes") }).split(separator: " ").map(String.init)
        #expect(sums.prefix(7) == ["all", "10000", "nodes", "1000000", "997450", "away", "2550"], "\(sums)")
        #expect(text.contains("The worst 20 of 10000 nodes; --json has all."))
        #expect(text.count < 30)
    }

    @Test("The status names those that are away and behind, and counts all")
    func status() {
        let nodes = (0..<Self.count).map { index in
            var node = NodeReport(
                node: "node-\(index)", agent: "a", monitor: "", address: "::1", isConnected: index != 7000, containers: 2, processes: 0,
                version: "1")
            (node.ticks, node.backlogFrames, node.backlogBytes) = (60, index == 8000 ? 900 : 1, 1024)
            return node
        }
        var status = StatusReport(
            collector: StatusReport.Collector(
                version: "1", uptimeS: 1, listen: "", control: "", data: "", diskFreeBytes: nil, blocked: nil, lastCommitAgeMs: nil,
                missingTicks: [:], refused: [:]), run: nil, nodes: nodes)
        let lines = status.text.split(separator: "\n")
        let names = lines.filter { $0.hasPrefix("node-") }.map { $0.prefix { $0 != " " } }
        #expect(names.count == 20 && names[0] == "node-7000" && names[1] == "node-8000")
        let sums = lines.first { $0.hasPrefix("all 10000 nodes") }
        #expect(
            sums?.contains("1 away") == true && sums?.contains("600000") == true && sums?.contains("10899, 9.8 MiB") == true,
            "\(sums ?? "")")
        // A fleet that fits is shown whole, in its own order.
        status.nodes = Array(nodes[6990..<7010])
        #expect(status.text.split(separator: "\n").filter { $0.hasPrefix("node-") }.first?.hasPrefix("node-6990") == true)
        #expect(!status.text.contains("all 20"))
    }

    @Test("The list of instances counts all of all connected nodes")
    func instances() {
        let nodes = (0..<Self.count).map {
            NodeReport(
                node: "node-\($0)", agent: "a", monitor: "m", address: "::1", isConnected: true, containers: 2, processes: 3, version: "1")
        }
        let report = InstancesReport(instances: nodes.reduce(0) { $0 + $1.instances }, nodes: nodes)
        let lines = report.text.split(separator: "\n")
        #expect(lines[0] == "Connected instances: 60000" && lines.count == Self.count + 3)
        #expect(lines[1] == "10000 hosts, 20000 containers and 30000 processes")
    }

    @Test("A listing of a run counts its nodes, whether it was sent with them or without")
    func listing() throws {
        let manifest = try Self.verdict { _ in 0 }
        let listing: RunListing = try JSONCoding.decode(from: JSONCoding.encode(manifest))
        #expect(listing.nodeCount == Self.count && listing.name == "fleet")
        let encoded = try JSONCoding.encode(listing)
        #expect(encoded.count < 1000)
        let again: RunListing = try JSONCoding.decode(from: encoded)
        #expect(again == listing)
    }
}

extension Hello {
    fileprivate static func fleet(_ node: String) -> Hello {
        Hello(
            agent: "agent", epoch: 1, epochID: nil, node: node, monitor: "", addresses: ["10.0.0.1"], version: "1", tables: [:],
            firstUnacked: 1, nextSeq: 1)
    }
}
