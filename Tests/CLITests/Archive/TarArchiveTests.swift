import StatsCore
import TestSupport
import Testing

@testable import CLI

@Suite("Archives") struct TarArchiveTests {
    /// An archive of these blocks, with its end.
    static func archive(_ blocks: [[UInt8]], _ scratch: ScratchDirectory) throws -> TarArchive {
        try scratch.write(blocks.flatMap(\.self) + [UInt8](repeating: 0, count: 1024), to: "x.tar")
        return try TarArchive(scratch.path("x.tar"))
    }

    static func file(_ name: String, _ text: String = "text", kind: TarHeader.Kind = .file) throws -> [UInt8] {
        let header = try TarHeader(name: name, kind: kind, size: UInt64(text.utf8.count), modified: 7).block()
        return header + text.utf8 + [UInt8](repeating: 0, count: (512 - text.utf8.count % 512) % 512)
    }

    /// With another byte and the checksum that it should have then.
    private static func changed(_ block: [UInt8], _ place: Int, _ byte: UInt8) -> [UInt8] {
        var block = block
        block[place] = byte
        block.replaceSubrange(148..<156, with: [UInt8](repeating: 0x20, count: 8))
        let sum = String(block.prefix(512).reduce(0) { $0 + UInt64($1) }, radix: 8)
        block.replaceSubrange(148..<156, with: Array((String(repeating: "0", count: 6 - sum.count) + sum).utf8) + [0, 0x20])
        return block
    }

    private static func refusal(_ blocks: [[UInt8]], _ scratch: ScratchDirectory) throws -> String {
        "\(try #require(#expect(throws: DiskError.self) { try archive(blocks, scratch) }))"
    }

    @Test("Files of an archive are found by their names, also by long ones and those that pax or tar(1) wrote")
    func names() throws {
        let scratch = try ScratchDirectory(inMemory: true)
        let long = String(repeating: "d/", count: 60) + "long"
        let pax = TarExtension.record("path", "ünïcode") + TarExtension.record("size", "3") + TarExtension.record("mtime", "1.5")
        let archive = try Self.archive(
            [
                try Self.file("x/", "", kind: .directory), try Self.file("./x/a"), try Self.file(long),
                try Self.file("pax", String(decoding: pax, as: UTF8.self), kind: .extended), try Self.file("short", "abc"),
            ], scratch)
        #expect(archive.members.keys.sorted() == [long, "x/a", "ünïcode"])
        #expect(try archive.contents("ünïcode", limit: 9) == Array("abc".utf8))
        #expect(throws: DiskError.self) { try archive.contents("x/a", limit: 3) }
    }

    @Test("A long name as GNU tar writes it is the next file's, and is held to the same rules")
    func longNames() throws {
        let scratch = try ScratchDirectory(inMemory: true)
        let name = String(repeating: "d", count: 90) + "/" + String(repeating: "e", count: 90) + "/" + String(repeating: "f", count: 120)
        func long(_ name: String) throws -> [UInt8] { try Self.file("././@LongLink", name + "\0", kind: .longName) }
        let archive = try Self.archive([try long(name), try Self.file("cut", "abc"), try Self.file("x/a")], scratch)
        #expect(archive.members.keys.sorted() == [name, "x/a"])
        #expect(try archive.contents(name, limit: 9) == Array("abc".utf8))
        #expect(try Self.refusal([try long("../a"), try Self.file("cut")], scratch).contains("leads elsewhere"))
        #expect(try Self.refusal([try long("a"), try long("b"), try Self.file("cut")], scratch).contains("there are two"))
    }

    @Test("What leads out of an archive, is no file, or is there twice is refused, with its name")
    func hostile() throws {
        let scratch = try ScratchDirectory(inMemory: true)
        let plain = try Self.file("x/a")
        for name in ["/etc/passwd", "../a", "x/../../a", "x//a", "x/./a", "x/a\u{1b}[2J", "x/\u{202e}a"] {
            let said = try Self.refusal([try Self.file(name)], scratch)
            #expect(said.contains("leads elsewhere, or is no plain name") && !said.contains("\u{1b}"), "\(said)")
        }
        for (type, expected) in [
            ("1", "a link"), ("2", "a link"), ("3", "a device"), ("6", "a device or a FIFO"), ("S", "of a type"), ("K", "of a type"),
        ] {
            #expect(try Self.refusal([Self.changed(plain, 156, type.utf8.first ?? 0)], scratch).contains(expected))
        }
        #expect(try Self.refusal([plain, plain], scratch).contains("x/a is there twice"))
        #expect(try Self.refusal([plain, try Self.file("./x/a")], scratch).contains("is there twice"))
        #expect(try Self.refusal([plain, try Self.file("x/a/b")], scratch).contains("lies below a file"))
        #expect(try Self.refusal([try Self.file("x/a/b"), plain], scratch).contains("is there twice"))
        let link = String(decoding: TarExtension.record("linkpath", "/etc/passwd"), as: UTF8.self)
        #expect(try Self.refusal([try Self.file("p", link, kind: .extended), plain], scratch).contains("makes it a link"))
        let huge = try TarHeader(name: "p", kind: .extended, size: 1 << 20, modified: 0).block() + [UInt8](repeating: 0x20, count: 1 << 20)
        #expect(try Self.refusal([huge, plain], scratch).contains("too large"))
        let more = try TarHeader(name: "x/a", size: 0o777_7777_7777, modified: 0).block()
        #expect(try Self.refusal([more], scratch).contains("cut short: x/a"))
        #expect(try Self.refusal([Self.changed(plain, 124, 0x80) + plain], scratch).contains("is no number"))
        #expect(
            try Self.refusal([Array("time,tick,node\n".utf8) + [UInt8](repeating: 0x41, count: 600)], scratch).contains("no tar archive"))
    }

    @Test("A file of more than 8 GiB gets the header that says so")
    func large() throws {
        let scratch = try ScratchDirectory(inMemory: true)
        let directory = try Descriptor.directory(scratch.path)
        let writer = TarWriter(try directory.newFile("x.tar"))
        try writer.add("x/large", mayHave: 1 << 40, modified: 7) { sink in
            for piece in ["some", " text"] { try Array(piece.utf8).withUnsafeBytes { try sink.write($0) } }
        }
        try writer.add("x/small", "a".utf8, modified: 7)
        try writer.finish()
        let archive = try TarArchive(scratch.path("x.tar"))
        #expect(
            try archive.contents("x/large", limit: 99) == Array("some text".utf8)
                && archive.contents("x/small", limit: 99) == Array("a".utf8))
    }
}

@Suite("Fuzz: archives") struct TarFuzzTests {
    @Test("Whatever stands in an archive, its files lie within it and have plain names, or it is refused")
    func headers() async throws {
        let scratch = try ScratchDirectory(inMemory: true)
        let pax = String(decoding: TarExtension.record("path", "x/p") + TarExtension.record("size", "4"), as: UTF8.self)
        let blocks = try [
            TarArchiveTests.file("x/", "", kind: .directory), TarArchiveTests.file("x/run.json"),
            TarArchiveTests.file("h", pax, kind: .extended),
            TarArchiveTests.file("x/other"),
        ]
        let whole = blocks.flatMap(\.self) + [UInt8](repeating: 0, count: 1024)
        await Fuzz.run("an archive", [whole] + blocks.map { $0 + [UInt8](repeating: 0, count: 1024) }, count: 300) { one in
            var input = one.input
            // With the checksums that they should have, as far as there are blocks.
            for start in stride(from: 0, to: max(0, input.count - 511), by: 512)
            where input[start + 257..<start + 262].elementsEqual("ustar".utf8) {
                let sum = (start..<start + 512).reduce(0) { $0 + ((start + 148..<start + 156).contains($1) ? 0x20 : Int(input[$1])) }
                let text = String(sum, radix: 8)
                input.replaceSubrange(
                    start + 148..<start + 155,
                    with: Array((String(repeating: "0", count: max(0, 6 - text.count)) + text).utf8.prefix(6)) + [0])
            }
            try scratch.write(input, to: "x.tar")
            let archive = try TarArchive(scratch.path("x.tar"))
            for (name, member) in archive.members {
                #expect(member.bytes.upperBound <= UInt64(input.count) && !name.hasPrefix("/") && !name.contains(".."), "\(one.text)")
                _ = try? archive.contents(name, limit: 1 << 20)
            }
            _ = ArchiveCheck.report(on: archive).text
        }
    }
}
