import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    @Suite("The instances") struct Instances {
        @Test("The instances are one for each node and one for each of its containers and processes", .engine)
        func counts() async throws {
            try await Scene.run { scene in
                let lab = try await Lab.open(scene)
                for name in ["one", "two", "three"] { _ = try await lab.run(scene, name: name, "sleep 1000 & sleep 1000 & wait") }
                let collector = try await scene.collector()
                _ = try await scene.connectedAgent(collector, node: "watched", containers: "cgroup", socket: lab.socket, options: Lab.only)
                _ = try await scene.connectedAgent(collector, node: "bare")
                // A shell has its children a moment after it has begun.
                try await eventually("nine processes, as the engine says") {
                    var count = 0
                    for container in try await lab.containers(scene) { count += try await lab.processes(scene, container).count }
                    return count == 9
                }
                let report = try await eventually("three containers and their processes") {
                    let report = try collector.control.instances()
                    return report.nodes.contains { $0.containers == 3 && $0.processes == 9 } ? report : nil
                }
                #expect(report.instances == 14)
                let told = try await scene.sonde(collector, "instances").succeeded()
                #expect(told.hasPrefix("Connected instances: 14\n"), "\(told)")
                #expect(told.contains("3 containers and 9 processes\n"), "\(told)")
                #expect(told.contains("OSMonitor_127_0_0_1_watched"))
                #expect(try collector.control.send("GET", "/instances", accept: "text/plain").text.hasPrefix("Connected instances: 14\n"))
                let live = try collector.control.send("GET", "/containers").text
                for container in try await lab.containers(scene) {
                    #expect(live.contains(container.id), "\(container.name) in /containers")
                }
            }
        }
    }
}
