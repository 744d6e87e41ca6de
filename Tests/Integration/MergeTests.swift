import Foundation
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// Runs of real daemons, merged and packed.
    @Suite("Merging and packing runs") struct Merging {
        private static let python = ProcessInfo.processInfo.environment["SONDE_PYTHON"]

        private static func names(_ directory: String) throws -> Set<String> {
            Set(try FileManager.default.contentsOfDirectory(atPath: directory))
        }

        /// Two collectors record at the same time, and one of them once more.
        private static func record(_ scene: Scene) async throws -> [String] {
            let collectors = [
                try await scene.collector(data: scene.makeDirectory("one")), try await scene.collector(data: scene.makeDirectory("two")),
            ]
            for (number, collector) in collectors.enumerated() { _ = try await scene.connectedAgent(collector, node: "n\(number)") }
            for collector in collectors { try collector.control.start("same", "interval=50ms&duration=1s") }
            for collector in collectors { try await collector.control.runOver() }
            try collectors[0].control.start("later", "interval=50ms&duration=500ms")
            try await collectors[0].control.runOver()
            return [collectors[0].data + "/same", collectors[1].data + "/same", collectors[0].data + "/later"]
        }

        @Test(
            "Runs of two collectors and of two times are one run: each row is there once, what nobody recorded is named, and its archive is proved by sonde, tar, sha256sum and Python"
        )
        func merged() async throws {
            try await Scene.run { scene in
                let parts = try await Self.record(scene)
                let merged = scene.path("merged")
                let done = try await scene.command(Products.cli, ["merge"] + parts + ["--output", merged])
                #expect(done.status == 0, "\(done)")
                let run = try RecordedRun(merged)
                try await run.checkFiles(scene)
                let states = try parts.map { try RecordedRun($0).manifest.state }
                #expect(run.manifest.state == (states.allSatisfy { $0 == .complete } ? .complete : .incomplete))
                for node in run.manifest.nodes {
                    let ticks = try run.ticks(of: node.node)
                    #expect(ticks == Array(Set(ticks)).sorted())
                    let total = (node.expected ?? 0) + (node.notRecorded ?? 0)
                    #expect(total == (run.manifest.lastTick ?? 0) + 1 && node.expected == (node.node == "n0" ? 30 : 20))
                }
                let proof = try await scene.command(Products.cli, ["verify", merged])
                #expect(proof.status == (run.manifest.state == .complete ? 0 : 2) && !proof.output.contains("damaged"), "\(proof)")

                let archive = scene.path("x.tar")
                try await scene.command(Products.cli, ["pack", merged, parts[2], "--output", archive]).succeeded()
                let checked = try await scene.command(Products.cli, ["verify", archive])
                #expect(checked.output.contains("intact: ") && !checked.output.contains("damaged"), "\(checked)")
                let unpacked = try scene.makeDirectory("unpacked")
                try await scene.command("tar", ["xf", archive, "-C", unpacked]).succeeded()
                try await scene.command("/bin/sh", ["-c", "cd \(unpacked)/x && sha256sum --strict -c SHA256SUMS"]).succeeded()
                let again = try await scene.command(Products.cli, ["verify", "\(unpacked)/x/merged"])
                #expect(again.status == proof.status && again.output.hasSuffix(proof.output.drop { $0 != ":" }), "\(again)")
                for words in [
                    ["summary", archive + "/merged"], ["report", archive + "/merged", "--output", scene.path("r.html")],
                    ["export", archive + "/later", "--output", scene.path("exported")],
                    ["plot", archive + "/x/merged", "--table", "host", "--column", "cpu_percent", "--output", scene.path("p.svg")],
                ] { try await scene.command(Products.cli, words).succeeded() }
                // What tar(1) packs of it is read, too.
                let own = scene.path("own.tar")
                try await scene.command("tar", ["cf", own, "-C", unpacked, "./x"]).succeeded()
                #expect(try await scene.command(Products.cli, ["verify", own]).output.contains("intact: "))

                guard let python = Self.python else { return }
                let script = "\(Checkout.tests)/Integration/check_merge.py"
                try await scene.command(python, [script, merged] + parts).succeeded()
                try await scene.command(python, [script, "--archive", archive, unpacked]).succeeded()
            }
        }

        @Test(
            "A merge and a pack that are killed, or find no room, leave nothing that looks like their result, and the next one is as if they hadn't been",
            .enabled(if: getuid() == 0, "mounts a small file system"))
        func interrupted() async throws {
            try await Scene.run { scene in
                let parts = try await Self.record(scene)
                let (merge, pack) = (["merge"] + parts + ["--output"], ["pack"] + parts + ["--output"])
                let place = try scene.makeDirectory("place")
                for (words, name) in [(merge, "all"), (pack, "all.tar")] {
                    // Killed when the first file is about to be synced, when the last is, and in between.
                    for call in [1, 4, 9] {
                        let line = "exec strace -f -qq -o /dev/null -e inject=fsync,fdatasync:signal=KILL:when=\(call) \(Products.cli) "
                        let killed = try await scene.command(
                            "/bin/sh", ["-c", line + (words + ["\(place)/\(name)"]).joined(separator: " ")])
                        let left = try Self.names(place)
                        #expect(left.isSubset(of: [".\(name).part", name]), "\(left)")
                        // Who has its name is whole.
                        if left.contains(name) {
                            #expect(try await !scene.command(Products.cli, ["verify", "\(place)/\(name)"]).output.contains("damaged"))
                            try FileManager.default.removeItem(atPath: "\(place)/\(name)")
                        } else {
                            #expect(killed.status != 0 && killed.status != 1, "\(killed)")
                        }
                    }
                    try await scene.command(Products.cli, words + ["\(place)/\(name)"]).succeeded()
                    #expect(try Self.names(place) == [name])
                    try FileManager.default.removeItem(atPath: "\(place)/\(name)")
                }

                let small = try scene.makeDirectory("small")
                try await scene.command("mount", ["-t", "tmpfs", "-o", "size=64k", "none", small]).succeeded()
                scene.later { _ = try? await scene.command("umount", ["-l", small]) }
                for words in [merge + ["\(small)/all"], pack + ["\(small)/all.tar"]] {
                    let full = try await scene.command(Products.cli, words)
                    #expect(
                        full.status == 1 && full.errors.contains("No space left on device")
                            && full.errors.contains("nothing is left of it"), "\(full)")
                    #expect(try Self.names(small).isEmpty)
                }
            }
        }
    }
}
