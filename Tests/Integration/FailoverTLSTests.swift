import Foundation
import Glibc
import StatsCore
import TestSupport
import Testing

extension IntegrationTests.Failover {
    @Test(
        "Over TLS an agent passes over a collector with another CA's certificate, and one with that of another host, says so of each, asks them again and keeps its rows; when a certificate is right, it goes there without a restart"
    )
    func certificates() async throws {
        try await Scene.run { scene in
            let (ca, others) = (try await PrivateCA(scene), try await PrivateCA(scene, "others"))
            for (name, role) in [("c0", "collector"), ("n0", "agent"), ("me", "operator")] { try await ca.issue(scene, name, role) }
            try await ca.issue(scene, "c2", "collector", hosts: ["elsewhere.example"])
            for (name, role) in [("c1", "collector"), ("me", "operator")] { try await others.issue(scene, name, role) }
            let options = [ca.tls("c0"), others.tls("c1"), ca.tls("c2")]
            var collectors: [Collector] = []
            for (number, own) in options.enumerated() {
                collectors.append(try await scene.collector(data: scene.makeDirectory("data\(number)"), options: own))
            }
            /// What a collector says of itself to who has a certificate of its CA.
            func status(_ place: Int) async throws -> StatusReport {
                let own = place == 1 ? others.tls("me") : ca.tls("me")
                let said = try await scene.sonde(collectors[place], own + ["--json", "status"]).succeeded()
                return try JSONCoding.decode(from: Array(said.utf8))
            }
            func joined(_ place: Int) async throws {
                try await eventually("n0 at collector \(place)") {
                    try await status(place).nodes.contains { $0.node == "n0" && $0.isConnected }
                }
            }

            let list = collectors.map(\.listen).joined(separator: ",")
            let agent = try await scene.agent(
                collectors[0], node: "n0", options: ["--collector", list, "--failover-after", "1s"] + ca.tls("n0"))
            try await joined(0)
            try await scene.sonde(collectors[0], ca.tls("me") + ["start", "x", "--interval", "100ms"]).succeeded()
            try await collectors[0].child.crash()
            for (place, fault) in [(1, "from the CA that --tls-ca names"), (2, "made for this host")] {
                let words = "its certificate isn't \(fault)"
                try await eventually("the reason of collector \(place)") {
                    agent.child.errors.contains("collector=\(collectors[place].listen) reason=TLS with the collector failed: \(words)")
                }
            }
            try await agent.child.says("reason=nobody listens at \(collectors[0].listen)")
            let tried = try await status(1).collector.refused["tls"] ?? 0
            try await eventually("the next try") { try await status(1).collector.refused["tls"] ?? 0 > tried }
            #expect(!(agent.child.errors + collectors[1].child.errors).contains("SSL routines"), "\(collectors[1].child.diary)")

            try await ca.issue(scene, "right", "collector")
            for file in ["-key.pem", ".pem"] { #expect(rename("\(ca.directory)/right\(file)", "\(ca.directory)/c2\(file)") == 0) }
            try await joined(2)
            // There is no run, so that the agent goes on with the one that it is in.
            collectors[0] = try await scene.collector(like: collectors[0], options: options[0])
            try await joined(0)
            let due = try await status(0).nodes.first?.ticks ?? 0
            try await eventually("more ticks") { try await status(0).nodes.first?.ticks ?? 0 > due }
            _ = try await scene.sonde(collectors[0], ca.tls("me") + ["stop"])
            let run = try RecordedRun("\(collectors[0].data)/x")
            try await run.checkFiles(scene)
            let node = try #require(run.manifest.nodes.first { $0.node == "n0" })
            #expect((node.missing ?? [:]).keys.allSatisfy { $0 == "overrun" }, "\(node)")
        }
    }
}
