import Foundation
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// psutil reads the same kernel by code that shares nothing with ours.
    @Suite("Beside psutil") struct Psutil {
        private static let python = ProcessInfo.processInfo.environment["SONDE_PYTHON"]

        @Test(
            "Cores, memory, disks, interfaces and processes are what psutil reads before and behind", .engine, .root,
            .enabled(if: python != nil, "needs SONDE_PYTHON, a Python that has psutil; .ci/run makes one"))
        func sideBySide() async throws {
            try await Scene.run { scene in
                let lab = try await Lab.open(scene)
                for name in ["hold", "burn"] { _ = try await lab.workload(scene, name, name).succeeded() }
                try await lab.fills(scene, "hold", bytes: 32 << 20)
                let pids = try await lab.docker(scene, "inspect", "--format", "{{.State.Pid}}", "hold", "burn").split(separator: "\n")
                let (script, samples) = ("\(Checkout.tests)/Integration/check_psutil.py", scene.path("psutil.json"))
                let python = Self.python ?? "python3"
                let recorded = try await scene.command(
                    Products.cli,
                    ["record", "--output", scene.path("run"), "--interval", "200ms", "--docker-socket", lab.socket, "--"]
                        + [python, script, "sample", samples, "6"] + pids.map(String.init))
                // 2: the machine was too busy for a tick, which is named.
                #expect(recorded.status == 0 || recorded.status == 2, "\(recorded)")
                let compared = try await scene.command(python, [script, "compare", samples, scene.path("run")])
                #expect(compared.status == 0, "\(compared)")
            }
        }
    }
}
