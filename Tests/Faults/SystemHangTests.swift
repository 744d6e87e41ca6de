import Foundation
import StatsCore
import Testing

extension FaultTests {
    /// A source that doesn't come back from the kernel.
    @Suite struct SystemHangs {
        @Test(
            "A file system that hangs delays nothing else, is named at each tick that lacks its rows, and comes back when it is mended",
            .root)
        func hungFileSystem() async throws {
            try await Scene.run { scene in
                // What the agent takes for process 1 is itself, so that it sees the mounts of its own namespace.
                let proc = try scene.makeDirectory("proc")
                for name in ["stat", "meminfo", "vmstat", "loadavg", "uptime", "diskstats", "net", "sys", "self"] {
                    try FileManager.default.createSymbolicLink(atPath: "\(proc)/\(name)", withDestinationPath: "/proc/\(name)")
                }
                try FileManager.default.createSymbolicLink(atPath: proc + "/1", withDestinationPath: "/proc/self")
                let hung = try scene.makeDirectory("hung")
                // Nobody serves it: whoever asks it anything waits, until the one that could is gone.
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
                try collector.control.start("hang", "interval=200ms&expect=2")
                for (number, request) in ["hang", "mend", ""].enumerated() {
                    let begin = try collector.control.ticks(of: "hung")
                    try await collector.control.ticks(begin + UInt64(FaultPlan.count(short: 6, long: 60)), of: "hung")
                    if number < 2 { try Data().write(to: URL(fileURLWithPath: scene.path(request))) }
                }
                let manifest = try collector.control.stop()

                let run = try RecordedRun(collector.data + "/hang")
                try await run.checkFiles(scene)
                let missing = try run.checkLedger(nodes: ["hung", "beside"])
                #expect(missing.values.allSatisfy { $0.values.allSatisfy { $0 == "overrun" } && $0.count < 3 }, "\(manifest.verdict ?? "")")
                let ticks = try run.ticks(of: "hung")
                let measured = try Set(run.table("filesystem").rows.filter { $0.node == "hung" }.map(\.tick))
                let late = try run.table("event").rows.filter { $0.node == "hung" && $0["kind"] == "source late" }
                #expect(late.count >= 4 && late.allSatisfy { $0["message"] == "filesystem" }, "\(late.map(\.fields))")
                #expect(Set(late.map(\.tick)) == Set(ticks).subtracting(measured), "a tick without its rows is named, and no other")
                #expect(measured.contains(ticks.first ?? -1) && measured.contains(ticks.last ?? -1), "it was well before and behind")
                let network = try Set(run.table("network").rows.filter { $0.node == "hung" }.map(\.tick))
                #expect(network == Set(ticks), "the other sources have their rows at each tick")
            }
        }
    }
}
