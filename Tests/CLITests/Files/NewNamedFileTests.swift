import StatsCore
import SystemPackage
import TestSupport
import Testing

@testable import CLI

@Suite("New files") struct NewNamedFileTests {
    private static func code(_ body: () throws -> Void) throws -> String {
        try #require(#expect(throws: CommandFailure.self) { try body() }).code
    }

    @Test("Of two programs that make the same file one is refused, at work and behind it, and what has taken the name meanwhile stays")
    func concurrent() throws {
        let scratch = try ScratchDirectory(inMemory: true)
        let path = FilePath(scratch.path("x.tar"))
        let (one, two) = try (Holder(path), Holder(path))
        try one.write("one")
        #expect(try Self.code { try two.write("two") } == "busy")
        try one.finish()
        #expect(try Self.code { try two.write("two") } == "exists")
        #expect(try scratch.text("x.tar") == "one" && scratch.tree().count == 1)

        let other = try Holder(FilePath(scratch.path("y.tar")))
        try other.write("other")
        try scratch.write("stranger", to: "y.tar")
        #expect(try Self.code { try other.finish() } == "exists")
        #expect(try scratch.text("y.tar") == "stranger")
    }

    @Test(
        "A directory, also an empty one, that has taken the name of one that is being made stays, and the one that is made can be taken away"
    )
    func directory() throws {
        let scratch = try ScratchDirectory(inMemory: true)
        let target = try NewDirectory(scratch.path("run"))
        try scratch.makeDirectory("run")
        #expect(try Self.code { try target.finish() } == "exists")
        target.discard()
        #expect(scratch.tree() == ["run"])
    }

    /// A program that makes a file, and holds it until it is done.
    private final class Holder {
        private let target: NewNamedFile
        private var file: SharedFile?

        init(_ path: FilePath) throws { target = try NewNamedFile(path) }

        func write(_ text: String) throws {
            let file = SharedFile(try target.open())
            let bytes = Array(text.utf8)
            try file.descriptor.write(bytes.span.bytes, at: 0)
            self.file = file
        }

        func finish() throws {
            try target.finish()
            file = nil
        }
    }
}
