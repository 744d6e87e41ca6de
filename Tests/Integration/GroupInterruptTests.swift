import Foundation
import Glibc
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// `sonde --host a,b start` that is ended between its orders: one to b stays on its way, so that a has done as it was told and b has not.
    @Suite("A start over several collectors that is interrupted") struct GroupInterrupt {
        private struct Pair {
            let scene: Scene
            let near, far: Collector
            /// In the place of the far one's control port.
            let relay: ControlStandIn
            /// Those that hear nothing contain one of these.
            let withheld: [String]

            init(_ scene: Scene, withholding words: [String]) async throws {
                (self.scene, withheld) = (scene, words)
                near = try await scene.collector(data: scene.makeDirectory("near"))
                far = try await scene.collector(data: scene.makeDirectory("far"))
                _ = try await scene.connectedAgent(near, node: "n0")
                _ = try await scene.connectedAgent(far, node: "n1")
                relay = try ControlStandIn(scene) { [port = far.control.port] asked in
                    words.contains { asked.contains($0) } ? .withheld : .of(port)
                }
            }

            var relayName: String { "127.0.0.1:\(relay.port)" }

            /// A start that has had the near collector do as it was told, and waits for the far one. On a machine so busy that the near one was told too late, it is another one.
            func start() async throws -> Child {
                for _ in 0..<5 {
                    let before = relay.withheld.count
                    let sonde = try scene.start(Products.cli, ["--host", "\(near.name),\(relayName)", "start", "x", "--interval", "100ms"])
                    try await eventually("an order that stays on its way") { relay.withheld.count > before || sonde.poll() != nil }
                    let isBegin = withheld[0] == "/begin"
                    let obeys = try await eventually("the near collector's part") { () -> Bool? in
                        if try isBegin ? near.control.status().run != nil : has(near) { return true }
                        // It was told too late.
                        return try isBegin && !has(near) ? false : nil
                    }
                    if obeys { return sonde }
                    sonde.signal(SIGINT)
                    _ = try await sonde.ended()
                }
                throw Child.Failure(description: "the collectors can't be told in time")
            }

            /// Whether a collector has anything of the run.
            func has(_ collector: Collector) throws -> Bool {
                try FileManager.default.contentsOfDirectory(atPath: collector.data).contains { $0 == "x" || $0 == ".active" }
            }
        }

        @Test(
            "After a signal no collector keeps anything, whether it waited or had begun, and sonde says so and ends as interrupted commands do",
            arguments: zip(["/start/", "/begin", "/clock"], [SIGINT, SIGTERM, SIGHUP]))
        func undone(order: String, signal: Int32) async throws {
            try await Scene.run { scene in
                let pair = try await Pair(scene, withholding: [order])
                let sonde = try await pair.start()
                sonde.signal(signal)
                #expect(try await sonde.ended() == 128 + signal)
                #expect(sonde.errors.contains("Interrupted before the run had begun on all collectors"), "\(sonde.errors)")
                #expect(sonde.errors.contains("Nothing was started, and no collector keeps anything"), "\(sonde.errors)")
                #expect(sonde.errors.contains("It was taken back on \(pair.near.name)"), "\(sonde.errors)")
                #expect(try !pair.has(pair.near) && !pair.has(pair.far))
                for collector in [pair.near, pair.far] {
                    #expect(try collector.control.status().run == nil)
                    try collector.control.start("x", "interval=100ms")
                }
            }
        }

        @Test("A collector that can't be told is named, with how to end what it may record; the others keep nothing")
        func unheard() async throws {
            try await Scene.run { scene in
                let pair = try await Pair(scene, withholding: ["/begin", "/disarm"])
                let sonde = try await pair.start()
                sonde.signal(SIGINT)
                #expect(try await sonde.ended() == 130)
                let (told, far) = (sonde.errors, pair.relayName)
                #expect(told.contains("\(far) couldn't be told to take the run away") && !told.contains("Nothing was"), "\(told)")
                #expect(told.contains("`sonde --host \(far) stop`") && told.contains("within half a minute"), "\(told)")
                #expect(told.contains("It was taken back on \(pair.near.name)."), "\(told)")
                #expect(try !pair.has(pair.near) && pair.has(pair.far))
            }
        }

        @Test("A second signal ends sonde at once, and it says what may be left")
        func twice() async throws {
            try await Scene.run { scene in
                let pair = try await Pair(scene, withholding: ["/start/", "/disarm"])
                let sonde = try await pair.start()
                sonde.signal(SIGINT)
                try await eventually("word of what it does") { sonde.errors.contains("Interrupt again to end at once") }
                try await eventually("an order to disarm that stays on its way") {
                    pair.relay.withheld.contains { $0.hasSuffix("/disarm") }
                }
                sonde.signal(SIGINT)
                #expect(try await sonde.ended() == 1)
                #expect(sonde.errors.contains("Interrupted again"), "\(sonde.errors)")
            }
        }

        @Test("In a prompt the command behind a start that was interrupted is ended by a signal as ever")
        func prompt() async throws {
            try await Scene.run { scene in
                let pair = try await Pair(scene, withholding: ["/start/", "/status"])
                try "start x\nstatus\n".write(toFile: scene.path("lines"), atomically: true, encoding: .utf8)
                let hosts = "\(pair.near.name),\(pair.relayName)"
                let words = ["-c", "exec \"$0\" --host \"$1\" <\"$2\"", Products.cli, hosts, scene.path("lines")]
                let sonde = try scene.start("sh", words)
                for order in ["/start/", "/status"] {
                    try await eventually("\(order) on its way") { pair.relay.withheld.contains { $0.contains(order) } }
                    sonde.signal(SIGINT)
                }
                #expect(try await sonde.ended() == 130)
                #expect(sonde.errors.contains("Nothing was started") && sonde.output.isEmpty, "\(sonde.errors)\(sonde.output)")
            }
        }

        @Test(
            "When sonde is killed, a collector that waits takes the run away by itself; one that was told to begin records until it is stopped"
        )
        func killed() async throws {
            try await Scene.run { scene in
                let pair = try await Pair(scene, withholding: ["/begin"])
                try await pair.start().crash()
                #expect(try pair.has(pair.far))
                try await eventually("the end of the run that nobody begins", every: .milliseconds(200)) { try !pair.has(pair.far) }
                try await pair.near.control.ticks(3, of: "n0")
                let stopped = try await scene.sonde(pair.near, "stop")
                #expect(stopped.output.contains("complete"), "\(stopped)")
            }
        }
    }
}
