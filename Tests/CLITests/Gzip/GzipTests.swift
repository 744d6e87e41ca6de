import StatsCore
import TestSupport
import Testing

@testable import CLI

@Suite("gzip") struct GzipTests {
    private static func compressed(_ pieces: [[UInt8]], _ scratch: ScratchDirectory) throws -> [UInt8] {
        try scratch.write("", to: "made.gz")
        let writer = try GzipWriter(Descriptor.directory(scratch.path).writableFile("made.gz"))
        for var piece in pieces { try piece.withUnsafeMutableBytes { bytes in try writer.write(bytes) } }
        try writer.finish()
        let bytes = try scratch.bytes("made.gz")
        #expect(writer.length == UInt64(bytes.count))
        return bytes
    }

    /// Reads a gzip file in pieces of one size.
    private static func read(
        _ bytes: [UInt8], limit: UInt64 = .max, pieces: Int = 1 << 18, _ scratch: ScratchDirectory
    ) throws -> [UInt8] {
        try scratch.write(bytes, to: "read.gz")
        let reader = try GzipReader(Descriptor.directory(scratch.path).file("read.gz"), limit: limit)
        var text: [UInt8] = []
        while true {
            var piece = [UInt8](repeating: 0, count: min(pieces, Int(min(limit - UInt64(text.count), 1 << 20))))
            let room = piece.count
            let count = try piece.withUnsafeMutableBytes { bytes in try reader.read(into: bytes) }
            text += piece.prefix(count)
            if count < room || room == 0 { return text }
        }
    }

    private static func text(_ rows: Int) -> [UInt8] {
        var text = ByteWriter()
        for row in 0..<rows { text.append(csvRow: ["2026-11-27T10:00:00.000000Z", "\(row)", "node", "\(row &* 2_654_435_761 % 1000)"]) }
        return text.bytesArray
    }

    @Test("What was written is read again, in whatever pieces", arguments: [0, 1, 3000, 60_000])
    func roundTrip(rows: Int) throws {
        let scratch = try ScratchDirectory(inMemory: true)
        let text = Self.text(rows)
        let middle = text.count / 3
        let bytes = try Self.compressed([Array(text[..<middle]), [], Array(text[middle...])], scratch)
        #expect(rows < 1000 || bytes.count * 3 < text.count)
        for pieces in [1 << 18, 1000] + (rows < 10_000 ? [1, 7] : []) {
            #expect(try Self.read(bytes, pieces: pieces, scratch) == text)
            #expect(try Self.read(bytes, limit: UInt64(text.count), pieces: pieces, scratch) == text)
        }
    }

    @Test("Several members, as of files that were joined, are one text")
    func members() throws {
        let scratch = try ScratchDirectory(inMemory: true)
        let (one, two) = (Self.text(100), Self.text(7))
        let bytes = try Self.compressed([one], scratch) + Self.compressed([], scratch) + Self.compressed([two], scratch)
        #expect(try Self.read(bytes, scratch) == one + two)
    }

    @Test("A file that is cut short, at whatever byte, is a fault and never a shorter text")
    func cut() throws {
        let scratch = try ScratchDirectory(inMemory: true)
        let text = Self.text(20)
        let bytes = try Self.compressed([text], scratch)
        for length in 0..<bytes.count {
            for limit in [UInt64.max, UInt64(text.count)] {
                let error = #expect(throws: DiskError.self, "\(length) of \(bytes.count) bytes") {
                    try Self.read(Array(bytes[..<length]), limit: limit, scratch)
                }
                #expect(error?.description.contains("gzip file is cut short") == true, "\(error.debugDescription)")
            }
        }
    }

    @Test("A byte that has changed is a fault, wherever it says something of the text")
    func flipped() throws {
        let scratch = try ScratchDirectory(inMemory: true)
        let text = Self.text(20)
        let bytes = try Self.compressed([text], scratch)
        // The header's time, flags and system say nothing of it.
        for index in Array(0..<3) + Array(10..<bytes.count) {
            var damaged = bytes
            damaged[index] ^= 0x10
            // A bit may be one that only fills the last byte up.
            let read = Result { try Self.read(damaged, limit: UInt64(text.count), scratch) }
            #expect((try? read.get()) ?? text == text, "byte \(index)")
            if case .failure(let error) = read { #expect(error is DiskError, "byte \(index)") }
            if case .success = read { #expect(index == bytes.count - 9, "byte \(index)") }
        }
        #expect(throws: DiskError.self) { try Self.read(bytes + [1], scratch) }
        #expect(throws: DiskError.self) { try Self.read(text, scratch) }
    }

    @Test("A file that holds more than it may is a fault, and no more than that is ever made of it")
    func bomb() throws {
        let scratch = try ScratchDirectory(inMemory: true)
        let bytes = try Self.compressed((0..<64).map { _ in [UInt8](repeating: 0, count: 1 << 18) }, scratch)
        #expect(bytes.count < 100_000)
        for limit: UInt64 in [0, 1, 4096, (16 << 20) - 1] {
            let error = #expect(throws: DiskError.self) { try Self.read(bytes, limit: limit, scratch) }
            #expect(error?.description.contains("more than the \(limit) bytes") == true)
        }
        #expect(try Self.read(bytes, limit: 16 << 20, scratch).count == 16 << 20)
    }

    @Test("Rows of a compressed file are those of the plain one")
    func rows() throws {
        let scratch = try ScratchDirectory(inMemory: true)
        let text = Self.text(5000)
        try scratch.write(text, to: "plain.csv")
        try scratch.write(Self.compressed([text], scratch), to: "packed.csv.gz")
        let directory = try Descriptor.directory(scratch.path)
        #expect(try Self.sum("plain.csv", directory) == Self.sum("packed.csv", directory))
        #expect(throws: DiskError.self) { _ = try StoredCSV("absent.csv", in: directory) }
    }

    private static func sum(_ name: String, _ directory: borrowing Descriptor) throws -> [String] {
        var reader = CSVReader(try StoredCSV(name, in: directory).input(claim: 1 << 20), isSummed: true)
        var rows = 0
        while try reader.advance() { rows += 1 }
        return ["\(rows)", "\(reader.bytesRead)", reader.sha256 ?? ""]
    }
}

extension ByteWriter {
    fileprivate var bytesArray: [UInt8] { withUnsafeBytes { Array($0) } }
}

@Suite("Fuzz: gzip files") struct GzipFuzzTests {
    @Test("Whatever stands in a compressed file is read within its limit, or refused")
    func damaged() async throws {
        let scratch = try ScratchDirectory(inMemory: true)
        try scratch.write("", to: "made.gz")
        let writer = try GzipWriter(Descriptor.directory(scratch.path).writableFile("made.gz"))
        var text = Array(repeatElement("2026-11-27,1,a,0.5\n", count: 200).joined().utf8)
        try text.withUnsafeMutableBytes { bytes in try writer.write(bytes) }
        try writer.finish()
        let whole = try scratch.bytes("made.gz")
        await Fuzz.run("a gzip file", [whole], count: 400) { one in
            try scratch.write(one.input, to: "read.gz")
            let reader = try GzipReader(Descriptor.directory(scratch.path).file("read.gz"), limit: UInt64(text.count))
            var room = [UInt8](repeating: 0, count: 1 << 16)
            let count = try room.withUnsafeMutableBytes { bytes in try reader.read(into: bytes) }
            // What passes gzip's own check is the text.
            #expect(count == text.count && room.prefix(count) == text[...], "\(one.text)")
        }
    }
}
