/// A key as a terminal reports it.
enum Key: Equatable, Sendable {
    case character(Unicode.Scalar)
    /// Ctrl with a letter, in lower case.
    case control(Character)
    case enter, tab, backspace, delete
    case left, right, up, down, home, end, pageUp, pageDown
    case escape
    /// A sequence without a meaning here.
    case unknown
}

/// Turns the bytes of a terminal into keys: characters in UTF-8, other keys as ECMA-48 control sequences (`ESC [ …`) or the
/// VT100's (`ESC O …`). Pure; it takes one byte at a time.
struct KeyDecoder: Sendable {
    private enum State {
        case ground
        case escape
        /// Inside `ESC [`, with the parameter bytes so far.
        case sequence([UInt8])
        case singleShift
        case utf8([UInt8], length: Int)
    }

    /// The longest accepted sequence, in bytes; a longer one is dropped.
    private static let longestSequence = 16

    private var state = State.ground

    /// How long to wait, in milliseconds, before a lone Escape counts as a key: a terminal sends the bytes of a sequence at once.
    static let sequenceMilliseconds: Int32 = 50

    /// Whether a key is incomplete. If no byte follows within `sequenceMilliseconds`, call `flush`.
    var isPending: Bool { if case .ground = state { false } else { true } }

    /// Takes one byte and returns the keys that it completes, mostly none or one.
    mutating func feed(_ byte: UInt8) -> [Key] {
        switch state {
        case .ground: return start(byte)
        case .escape:
            switch byte {
            case UInt8(ascii: "["):
                state = .sequence([])
                return []
            case UInt8(ascii: "O"):
                state = .singleShift
                return []
            default:
                // A lone Escape, or Alt with a key. Alt isn't bound, so it counts as two keys.
                state = .ground
                return [.escape] + start(byte)
            }
        case .singleShift:
            state = .ground
            return [Self.named(final: byte)]
        case .sequence(let parameters):
            if (0x20...0x3f).contains(byte), parameters.count < Self.longestSequence {
                state = .sequence(parameters + [byte])
                return []
            }
            state = .ground
            // A control character or the start of another key: the sequence was cut short.
            guard (0x40...0x7e).contains(byte) else { return byte < 0x20 || byte >= 0x7f ? [.unknown] + start(byte) : [.unknown] }
            return [byte == UInt8(ascii: "~") ? Self.numbered(parameters) : Self.named(final: byte)]
        case .utf8(let bytes, let length):
            guard byte & 0xc0 == 0x80 else {
                state = .ground
                return [.unknown] + start(byte)
            }
            let all = bytes + [byte]
            guard all.count == length else {
                state = .utf8(all, length: length)
                return []
            }
            state = .ground
            guard let text = String(validating: all, as: UTF8.self), let scalar = text.unicodeScalars.first else { return [.unknown] }
            return [.character(scalar)]
        }
    }

    /// Ends an incomplete key, such as a lone Escape.
    mutating func flush() -> [Key] {
        guard isPending else { return [] }
        defer { state = .ground }
        return if case .escape = state { [.escape] } else { [.unknown] }
    }

    private mutating func start(_ byte: UInt8) -> [Key] {
        switch byte {
        case 0x1b:
            state = .escape
            return []
        case 0x0d, 0x0a: return [.enter]
        case 0x09: return [.tab]
        case 0x7f, 0x08: return [.backspace]
        case 0x01...0x1a: return [.control(Character(Unicode.Scalar(byte + 0x60)))]
        case 0x20..<0x7f: return [.character(Unicode.Scalar(byte))]
        case 0xc2...0xdf: state = .utf8([byte], length: 2)
        case 0xe0...0xef: state = .utf8([byte], length: 3)
        case 0xf0...0xf4: state = .utf8([byte], length: 4)
        default: return [.unknown]
        }
        return []
    }

    private static func named(final byte: UInt8) -> Key {
        switch byte {
        case UInt8(ascii: "A"): .up
        case UInt8(ascii: "B"): .down
        case UInt8(ascii: "C"): .right
        case UInt8(ascii: "D"): .left
        case UInt8(ascii: "H"): .home
        case UInt8(ascii: "F"): .end
        default: .unknown
        }
    }

    /// `ESC [ <number> ~`. xterm, the Linux console and rxvt use different numbers for Home and End.
    private static func numbered(_ parameters: [UInt8]) -> Key {
        switch String(decoding: parameters, as: UTF8.self) {
        case "1", "7": .home
        case "4", "8": .end
        case "3": .delete
        case "5": .pageUp
        case "6": .pageDown
        default: .unknown
        }
    }
}
