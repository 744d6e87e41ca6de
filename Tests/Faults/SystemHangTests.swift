import Foundation
import StatsCore
import TestSupport
import Testing

extension FaultTests {
    /// A source that hangs in the kernel.
    @Suite("A file system that hangs") struct SystemHangs {
        @Test(
            "A file system that hangs delays nothing else, is named at each tick that lacks its rows, and comes back when it is mended",
            .root)
        func hungFileSystem() async throws {
            try await Scene.run { scene in
                // The agent uses itself as process 1, so that it sees the mounts of its own namespace.
                let proc = try scene.makeDirectory("proc")
                for name in ["stat", "meminfo", "vmstat", "loadavg", "uptime", "diskstats", "net", "sys", "self"] {
                    try FileManager.default.createSymbolicLink(atPath: "\(proc)/\(name)", withDestinationPath: "/proc/\(name)")
                }
                try FileManager.default.createSymbolicLink(atPath: proc + "/1", withDestinationPath: "/proc/self")
                let hung = try scene.makeDirectory("hung")
                // No server answers for this mount: every access hangs until the process that could answer is gone.
                let script = """
                    "$@" &
                    agent=$!
                    trap 'kill -TERM $agent' TERM
                    until [ -e \(scene.path("hang")) ]; do sleep 0.05; done
                    exec 3<>/dev/fuse
                    mount -i -t fuse.sshfs -o fd=3,rootmode=40000,user_id=0,group_id=0 /dev/hung \(hung) || exit 1
                    until [ -e \(scene.path("mend")) ]; do sleep 0.05; done
                    umount -l \(hung)
                    exec 3>&-
                    while kill -0 $agent 2>/dev/null; do wait $agent; done
                    """
                let collector = try await scene.collector()
                _ = try await scene.connectedAgent(
                    collector, node: "hung", prefix: ["unshare", "--mount", "bash", "-c", script, "hung"], options: ["--proc", proc])
                _ = try await scene.connectedAgent(collector, node: "beside")
                let control = collector.control
                try control.start("hang", "interval=200ms&expect=2")
                /// Waits for ticks from now on that have the file systems' rows, or that say that those came too late.
                func ticks(measured: Bool) async throws {
                    let due = try #require(try control.status().run).ticksDue
                    try await eventually(
                        "ticks \(measured ? "with" : "without") file systems", every: .milliseconds(100)
                    ) {
                        let rows = try control.durable(measured ? "filesystem" : "event").filter {
                            $0.node == "hung" && $0.tick >= due
                                && (measured || $0["kind"] == "source late" && $0["message"] == "filesystem")
                        }
                        return Set(rows.map(\.tick)).count >= FaultPlan.count(short: 4, long: 60)
                    }
                }
                try await ticks(measured: true)
                for request in ["hang", "mend"] {
                    try Data().write(to: URL(fileURLWithPath: scene.path(request)))
                    try await ticks(measured: request == "mend")
                }
                let manifest = try control.stop()

                let run = try RecordedRun(collector.data + "/hang")
                try await run.checkFiles(scene)
                try run.checkLedger(nodes: ["hung", "beside"])
                for node in ["hung", "beside"] { try run.checkWhole(node) }
                let ticks = try Set(run.ticks(of: "hung"))
                let measured = try Set(run.table("filesystem").rows.filter { $0.node == "hung" }.map(\.tick))
                let late = try run.late("filesystem", of: "hung")
                #expect(late == ticks.subtracting(measured), "a tick without its rows is named, and no other: \(manifest.verdict ?? "")")
                let (first, last) = try (#require(measured.min()), #require(measured.max()))
                #expect(late.contains { first < $0 && $0 < last }, "it was well before and behind")
                let network = try Set(run.table("network").rows.filter { $0.node == "hung" }.map(\.tick))
                #expect(try network == ticks.subtracting(run.late("host", of: "hung")), "the other sources have their rows at each tick")
            }
        }
    }
}
