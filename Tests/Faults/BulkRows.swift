import Foundation
import Glibc

/// The rows of `process.csv` that synthetic agents sent. They are counted line by line, because the file may be too large to parse as a whole.
struct BulkRows {
    /// Rows by `node,tick`.
    private(set) var counts: [String: Int] = [:]
    private(set) var faults: [String] = []

    init(path: String) throws {
        let data = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
        var columns = 0
        data.withUnsafeBytes { bytes in
            guard var next = bytes.baseAddress, bytes.last == UInt8(ascii: "\n") else {
                faults.append("\(path) doesn't end with a line feed")
                return
            }
            let end = next + bytes.count
            while next < end, let feed = memchr(next, Int32(UInt8(ascii: "\n")), end - next) {
                let line = UnsafeRawBufferPointer(start: next, count: UnsafeRawPointer(feed) - next)
                next = UnsafeRawPointer(feed) + 1
                if columns == 0 {
                    columns = line.count { $0 == UInt8(ascii: ",") }
                    continue
                }
                count(line, columns, path)
            }
        }
    }

    private mutating func count(_ line: UnsafeRawBufferPointer, _ columns: Int, _ path: String) {
        // These agents send nothing that has to be quoted; the node is the third of the leading columns.
        var commas: [Int] = []
        var offset = 0
        while offset < line.count, let comma = memchr(line.baseAddress! + offset, Int32(UInt8(ascii: ",")), line.count - offset) {
            offset = UnsafeRawPointer(comma) - line.baseAddress! + 1
            commas.append(offset - 1)
        }
        guard commas.count == columns, commas.count > 3 else {
            faults.append("a row of \(path) has \(commas.count + 1) fields")
            return
        }
        func field(_ from: Int, _ to: Int) -> String { String(decoding: line[from..<to], as: UTF8.self) }
        counts[field(commas[1] + 1, commas[2]) + "," + field(commas[0] + 1, commas[1]), default: 0] += 1
    }
}
