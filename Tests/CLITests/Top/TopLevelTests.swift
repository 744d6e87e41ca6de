import Foundation
import StatsCore
import Testing

@testable import CLI

/// `sonde top` draws the levels that the collector gives; tests of the page in a browser say the same of it.
@Suite("What stands out in sonde top") struct TopLevelTests {
    /// What the collector's own test wrote (StreamSnapshotTests).
    private static func model() throws -> TopModel {
        let path = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("StatsCoreTests/Fixtures/stream/snapshot.txt").path
        var model = TopModel()
        try model.feed("snapshot", try String(contentsOfFile: path, encoding: .utf8))
        return model
    }

    private static func drawn<Source>(_ row: TopRow, _ kind: LiveKind<Source>, _ columns: [TopColumn]) -> [String: ScreenStyle] {
        var styles: [String: ScreenStyle] = [:]
        for field in kind.fields {
            guard let column = columns.first(where: { $0.title == field.short }) else { continue }
            styles[field.name] = column.cell(row).style
        }
        return styles
    }

    @Test("Every value has the style of its level in the stream, and no value has one that the stream doesn't give")
    func levels() throws {
        let model = try Self.model()
        #expect(model.nodes.count == 4 && model.containers.count == 30)
        var seen: Set<ScreenStyle> = []
        func check(_ row: TopRow, _ drawn: [String: ScreenStyle], except: Set<String>) {
            guard case .object(let levels)? = row["levels"] ?? .object([:]) else { return }
            for (field, style) in drawn where !except.contains(field) {
                let wanted: ScreenStyle? = ["warm": .warm, "hot": .hot][levels[field]?.string]
                seen.insert(style)
                #expect(wanted.map { style == $0 } ?? ![.warm, .hot].contains(style), "\(row.displayName) \(field)")
            }
        }
        for container in model.containers.values {
            // The name and the state have the worse of two levels.
            check(container, Self.drawn(container, .container, TopColumns.containers), except: ["name", "state"])
        }
        for node in model.nodes.values { check(node, Self.drawn(node, .node, TopColumns.nodes), except: ["node"]) }
        #expect(seen.isSuperset(of: [.warm, .hot, .plain, .faint]))
    }

    @Test("What the screen shows hot is what the collector calls hot")
    func screen() throws {
        var state = TopState()
        state.onlyNode = "warm"
        let lines = TopFixture.screen(try Self.model(), state, columns: 140, rows: 30)
        func pieces(_ name: String, _ style: ScreenStyle) -> [String] {
            lines.filter { $0.text.hasPrefix(name + " ") }.flatMap(\.pieces).filter { $0.style == style }
                .map { $0.text.trimmingCharacters(in: .whitespaces) }
        }
        #expect(pieces("at its limit", .hot) == ["49.0", "40.0"] && pieces("at its limit", .warm) == ["80.0"])
        #expect(pieces("nearly at its limit", .hot) == ["96.0"] && pieces("nearly at its limit", .warm) == ["42.0", "8.0"])
        #expect(pieces("one core of four", .hot).isEmpty && pieces("all cores", .hot) == ["390.0"])
        #expect(pieces("killed", .hot) == ["killed", "2", "unhealthy"])
        #expect(pieces("warm", .warm) == ["80.0", "4.0", "19.0", "85.0", "20.0"])
        let lost = TopFixture.screen(try Self.model(), columns: 140).filter { $0.text.hasPrefix("lost ") }.flatMap(\.pieces)
        #expect(lost.filter { $0.style == .hot }.map { $0.text.trimmingCharacters(in: .whitespaces) } == ["lost", "lost 0ms"])
    }

    @Test("A collector that judges nothing, as an earlier version, is drawn without any judgement")
    func earlier() throws {
        var model = TopModel()
        try model.feed(
            "snapshot",
            #"{"nodes":[{"node":"n","connected":true,"cpu_percent":100,"memory_percent":99,"last_tick_age_ms":9000}],"#
                + #""containers":[{"key":1,"id":"c","name":"web","node":"n","state":"dead","cpu_percent":900,"oom_kills":3}]}"#)
        let styles = Set(TopFixture.screen(model, columns: 200).flatMap(\.pieces).map(\.style))
        #expect(styles.isDisjoint(with: [.warm, .hot]))
    }
}
