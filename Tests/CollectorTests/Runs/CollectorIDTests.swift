import StatsCore
import TestSupport
import Testing

@testable import Collector

@Suite("A collector's own id") struct CollectorIDTests {
    @Test("It lasts as long as the state directory, and no two collectors have the same")
    func lasts() throws {
        let scratch = try ScratchDirectory()
        let data = try DataDirectory(scratch.path("data"), state: scratch.path("a"))
        let id = try #require(try data.collector())
        #expect(try data.collector() == id)
        #expect(try scratch.text("a/.id") == id)
        #expect(try DataDirectory(scratch.path("data"), state: scratch.path("b")).collector() != id)
    }

    @Test("One that can't be read is replaced, and what is no file is refused by its name")
    func damaged() throws {
        let scratch = try ScratchDirectory()
        let data = try DataDirectory(scratch.path("data"), state: scratch.path("data"))
        try scratch.write("no id", to: "data/.id")
        let id = try #require(try data.collector())
        #expect(try data.collector() == id && id.utf8.count == 36)
        let other = try DataDirectory(scratch.path("other"), state: scratch.path("other"))
        try scratch.makeDirectory("other/.id")
        let failure = #expect(throws: StartFailure.self) { try other.collector() }
        #expect(failure?.description.contains("other/.id") == true, "\(failure?.description ?? "")")
    }
}
