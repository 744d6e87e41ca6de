import Foundation
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    @Suite("pandas") struct Pandas {
        private static let python = ProcessInfo.processInfo.environment["SONDE_PYTHON"]

        @Test(
            "The lines of README.md and docs/TABLES.md load containers whose names look like nothing or like numbers", .engine,
            .enabled(if: python != nil, "needs SONDE_PYTHON, a Python that has pandas; .ci/run makes one"))
        func documented() async throws {
            try await Scene.run { scene in
                let lab = try await Lab.open(scene)
                let names = ["NA", "null", "None", "007", "1e5"]
                var ids: [String] = []
                for name in names { ids.append(try await lab.run(scene, name: name, "sleep 1000")) }
                let collector = try await scene.collector()
                _ = try await scene.connectedAgent(collector, containers: "cgroup", socket: lab.socket, options: Lab.only)
                try await collector.control.shows(ids)
                try collector.control.start("names", "interval=100ms&duration=2s")
                try await collector.control.runOver()
                let checked = try await scene.command(
                    Self.python ?? "python3",
                    ["\(Checkout.tests)/Integration/check_documented.py", Checkout.path, "\(collector.data)/names"] + names)
                #expect(checked.status == 0, "\(checked)")
            }
        }

        @Test(
            "Every CSV file of a run loads with pandas.read_csv without options", .engine,
            .enabled(if: python != nil, "needs SONDE_PYTHON, a Python that has pandas; .ci/run makes one"))
        func loads() async throws {
            try await Scene.run { scene in
                let lab = try await Lab.open(scene)
                _ = try await lab.workload(scene, "up", "2").succeeded()
                // Names that break careless readers and writers of CSV.
                _ = try await lab.run(scene, name: "quoted", "ln -s busybox '/bin/busybox,\"q'; '/bin/busybox,\"q' sleep 1000")
                let collector = try await scene.collector()
                _ = try await scene.connectedAgent(collector, node: "a, \"b\" ünïcode", containers: "cgroup", socket: lab.socket)
                try await collector.control.shows(lab.ids(scene))
                try collector.control.start("pandas", "interval=100ms&duration=2s&note=na%2C%20null")
                try await collector.control.runOver()
                let checked = try await scene.command(
                    Self.python ?? "python3", [Checkout.tests + "/Integration/check_run.py", collector.data + "/pandas"])
                #expect(checked.status == 0, "\(checked)")
            }
        }
    }
}
