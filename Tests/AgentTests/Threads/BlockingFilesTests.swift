import Foundation
import StatsCore
import TestSupport
import Testing

@testable import Agent

@Suite("Files whose reading may block") struct BlockingFilesTests {
    @Test("What can be read is answered, and what can't be is told so")
    func answers() throws {
        let scratch = try ScratchDirectory()
        try Data("a\0b\0".utf8).write(to: URL(fileURLWithPath: scratch.path("cmdline")))
        let files = BlockingFiles(longest: 3)
        let (there, absent) = (files.ask(scratch.path("cmdline")), files.ask(scratch.path("nothing")))
        files.wait(until: .max)
        #expect(files.take(there) == .content(Array("a\0b".utf8)), "cut at the longest length")
        #expect(files.take(absent) == .failed)
        #expect(files.take(there) == nil, "once")
    }

    @Test("A file that blocks keeps none of the others from being read, and is answered when it unblocks")
    func blocked() async throws {
        let scratch = try ScratchDirectory()
        let pipe = try Pipe(scratch.path("blocks"))
        try Data("x".utf8).write(to: URL(fileURLWithPath: scratch.path("reads")))
        let files = BlockingFiles()
        let stuck = files.ask(pipe.path)
        for _ in 0..<3 {
            let other = files.ask(scratch.path("reads"))
            try await eventually("the other file's answer") {
                files.wait(until: Clocks.monotonic() + 20_000_000)
                return try files.take(other).map { try #require($0 == .content([UInt8(ascii: "x")])) } != nil
            }
        }
        #expect(files.take(stuck) == nil)
        try await eventually("the answer") {
            pipe.release()
            return files.take(stuck) != nil
        }
    }

    @Test("However many files block, there are few threads, and others are read as soon as one comes back")
    func manyBlocked() async throws {
        let scratch = try ScratchDirectory()
        let pipe = try Pipe(scratch.path("blocks"))
        try Data("x".utf8).write(to: URL(fileURLWithPath: scratch.path("reads")))
        let files = BlockingFiles()
        for _ in 0..<20 {
            _ = files.ask(pipe.path)
            files.wait(until: Clocks.monotonic() + 5_000_000)
        }
        let other = files.ask(scratch.path("reads"))
        try await eventually("the answer") {
            pipe.release()
            files.wait(until: Clocks.monotonic() + 5_000_000)
            return try files.take(other).map { try #require($0 == .content([UInt8(ascii: "x")])) } != nil
        }
    }

    @Test("A wait that is over at once gives up no thread that has only just begun with a file")
    func pastDeadline() async throws {
        let scratch = try ScratchDirectory()
        let pipe = try Pipe(scratch.path("blocks"))
        let files = BlockingFiles(shortestReading: .max)
        let stuck = files.ask(pipe.path)
        for _ in 0..<20 {
            _ = files.ask(scratch.path("nothing"))
            files.wait(until: 0)
            files.wait(until: Clocks.monotonic() + 2_000_000)
            #expect(files.threadCount == 1)
        }
        try await eventually("the answer") {
            pipe.release()
            return files.take(stuck) != nil
        }
    }

    @Test("While all threads are stuck, files that nobody waits for any more aren't kept, and no more wait than fit")
    func bounded() async throws {
        let scratch = try ScratchDirectory()
        let pipe = try Pipe(scratch.path("blocks"))
        let files = BlockingFiles()
        var stuck: [BlockingFiles.Ticket] = []
        for _ in 0..<20 {
            stuck.append(files.ask(pipe.path))
            files.wait(until: Clocks.monotonic() + 5_000_000)
        }
        for _ in 0..<1000 {
            files.forget(files.ask(scratch.path("nothing")))
            #expect(files.kept <= 2 * stuck.count + 1)
        }
        let many = (0..<11_000).map { _ in files.ask(scratch.path("nothing")) }
        #expect(files.take(try #require(many.last)) == .failed)
        for ticket in stuck + many { files.forget(ticket) }
        #expect(files.kept == 0)
        try await eventually("the threads go on") {
            pipe.release()
            let file = files.ask(scratch.path("nothing"))
            files.wait(until: Clocks.monotonic() + 5_000_000)
            defer { files.forget(file) }
            return files.take(file) != nil
        }
        #expect(files.kept == 0)
    }
}

/// A pipe with a name: to open it for reading blocks until somebody opens it for writing.
struct Pipe {
    let path: String

    init(_ path: String) throws {
        try #require(mkfifo(path, 0o600) == 0)
        self.path = path
    }

    /// Lets those go on who wait for it now.
    func release() {
        let descriptor = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC)
        if descriptor >= 0 { close(descriptor) }
    }
}
