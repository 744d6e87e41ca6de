import FoundationEssentials

/// The parts of docs/PROTOCOL.md's messages that the benchmark reads.
enum Message {
    struct Kind: Decodable {
        let type: String
    }

    struct Hello: Decodable {
        /// Column names by table, in the order of the cells.
        let tables: [String: [String]]
        let epoch: UInt64
    }

    struct Ping: Decodable {
        let t1: Int64
    }

    struct Run: Decodable {
        let id: String
        let t0: Int64
        /// Microseconds.
        let interval: Int64
        let ticks: UInt64?

        private enum CodingKeys: String, CodingKey {
            case id, t0, ticks
            case interval = "interval_us"
        }
    }

    struct Ack: Decodable {
        let seq: UInt64
    }

    struct Refusal: Decodable {
        let code: String
        let message: String
    }

    struct Tick: Decodable {
        let seq: UInt64
        let rows: [String: [[Cell]]]

        var cells: Int { rows.values.reduce(0) { $0 + $1.reduce(0) { $0 + $1.count } } }
    }

    enum Cell: Decodable {
        case number(Double)
        case text
        case absent

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                self = .absent
            } else if let number = try? container.decode(Double.self) {
                self = .number(number)
            } else {
                self = .text
            }
        }

        var number: Double? { if case .number(let number) = self { number } else { nil } }
    }

    static func decode<Body: Decodable>(_ bytes: ArraySlice<UInt8>, as type: Body.Type = Body.self) throws -> Body {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw BenchmarkError("not a message of the protocol: \(error)")
        }
    }

    /// The type of a frame. A tick is recognized by its beginning where possible: it is large, and is decoded later.
    static func type(of bytes: ArraySlice<UInt8>) throws -> String {
        bytes.starts(with: #"{"type":"tick""#.utf8) ? "tick" : try decode(bytes, as: Kind.self).type
    }
}
