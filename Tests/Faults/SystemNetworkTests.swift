import StatsCore
import TestSupport
import Testing

extension FaultTests {
    /// The network between agents and collector.
    @Suite("The network") struct SystemNetwork {
        /// One agent's node and fault.
        private struct Place {
            let node: String
            let network: NetworkNode
            let fault: NetworkNode.Fault
        }

        @Test(
            "Whatever the network does, nothing is lost, an agent beside it notices nothing, and rows flow soon after it is mended", .root)
        func everyFault() async throws {
            // After 15 s each side has closed the connection; after 7 s it takes longest until TCP itself tries again.
            for seconds in FaultPlan.isLong ? [1, 4, 7, 10, 13, 20, 40] : [7] {
                try await Scene.run { scene in try await outage(.seconds(seconds), scene) }
            }
        }

        private func outage(_ length: Duration, _ scene: Scene) async throws {
            let collector = try await scene.collector(listen: "0.0.0.0:0", options: ["--insecure"])
            var places: [Place] = []
            for fault in NetworkNode.Fault.allCases {
                let place = try await Place(node: "\(fault)", network: NetworkNode(scene), fault: fault)
                places.append(place)
                let reached = Collector(
                    child: collector.child, data: collector.data, listen: "\(place.network.collectorAddress):\(collector.port)",
                    control: collector.control)
                _ = try await scene.connectedAgent(reached, node: place.node, prefix: place.network.prefix)
            }
            let near = Collector(
                child: collector.child, data: collector.data, listen: "127.0.0.1:\(collector.port)", control: collector.control)
            _ = try await scene.connectedAgent(near, node: "beside")
            let nodes = places.map(\.node) + ["beside"]
            try collector.control.start("network", "interval=100ms&expect=\(nodes.count)")
            for node in nodes { try await collector.control.ticks(3, of: node) }

            for place in places { try await place.network.begin(place.fault) }
            let healing = ContinuousClock.now + length
            for place in places {
                try await eventually("packets that met \(place.fault)") { try await place.network.met(place.fault) > 5 }
            }
            try await eventually("the end of the outage", within: length + .seconds(60)) { ContinuousClock.now >= healing }
            let held = try collector.control.status().nodes.filter { $0.node != "beside" }.map { $0.ticks ?? 0 }
            let beside = try collector.control.ticks(of: "beside")
            #expect(held.allSatisfy { $0 < beside }, "the faults held \(nodes) up: \(held) of \(beside)")

            for place in places { try await place.network.heal(place.fault) }
            try await flows(places, collector, since: .now, "after \(length)")
            let manifest = try collector.control.stop()
            let run = try RecordedRun(collector.data + "/\(manifest.name)")
            try await run.checkFiles(scene)
            try run.checkLedger(nodes: nodes)
            for node in nodes { try run.checkWhole(node) }
        }

        /// Waits for a new durable row of each node, and reports how long each took.
        private func flows(_ places: [Place], _ collector: Collector, since mended: ContinuousClock.Instant, _ when: String) async throws {
            let before = try places.map { try collector.control.ticks(of: $0.node) }
            var waits: [Duration?] = places.map { _ in nil }
            try await eventually("rows of \(places.map(\.node)) after the network is mended") {
                for (index, place) in places.enumerated() where waits[index] == nil {
                    if try collector.control.ticks(of: place.node) > before[index] { waits[index] = mended.duration(to: .now) }
                }
                return !waits.contains(nil)
            }
            for (place, wait) in zip(places, waits) {
                FaultPlan.report("first durable row after the fault `\(place.fault)`, \(when)", "\(wait.map { $0 / .seconds(1) } ?? 0) s")
            }
        }
    }
}
