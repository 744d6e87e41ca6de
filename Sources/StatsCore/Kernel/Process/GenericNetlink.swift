/// Messages of generic netlink, by which the kernel answers questions about processes. Source: netlink(7), include/uapi/linux/netlink.h, genetlink.h.
package enum GenericNetlink {
    /// `nlmsghdr`, and `genlmsghdr` behind it.
    private static let (header, whole) = (16, 20)
    /// NLMSG_ERROR; GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_ID and CTRL_ATTR_FAMILY_NAME.
    private static let (failure, control, getFamily, familyID, familyName): (UInt16, UInt16, UInt8, UInt16, UInt16) = (2, 16, 3, 1, 2)

    /// A question with one attribute; the kernel acknowledges it.
    package static func request(_ type: UInt16, command: UInt8, attribute: UInt16, _ value: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        func append(_ number: some FixedWidthInteger) { withUnsafeBytes(of: number) { bytes += $0 } }
        let padding = (4 - value.count % 4) % 4
        append(UInt32(whole + 4 + value.count + padding))
        append(type)
        // NLM_F_REQUEST and NLM_F_ACK, number, sender.
        append(UInt16(5))
        append(UInt32(1))
        append(UInt32(0))
        bytes += [command, 1, 0, 0]
        append(UInt16(4 + value.count))
        append(attribute)
        return bytes + value + [UInt8](repeating: 0, count: padding)
    }

    /// Asks which number a family has.
    package static func request(family name: String) -> [UInt8] {
        request(control, command: getFamily, attribute: familyName, Array(name.utf8) + [0])
    }

    /// The number in the answer to that.
    package static func family(parsing bytes: RawSpan) -> UInt16? {
        guard type(of: bytes) == control else { return nil }
        var found: UInt16?
        forEachAttribute(in: payload(of: bytes)) { type, value in
            if type == familyID, value.byteCount >= 2 { found = value.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt16.self) }
        }
        return found
    }

    /// - Returns: `nil` for a message that is cut short.
    package static func type(of bytes: RawSpan) -> UInt16? {
        guard bytes.byteCount >= header else { return nil }
        let length = bytes.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt32.self)
        return length <= bytes.byteCount ? bytes.unsafeLoadUnaligned(fromByteOffset: 4, as: UInt16.self) : nil
    }

    package static func command(of bytes: RawSpan) -> UInt8? {
        bytes.byteCount >= whole ? bytes.unsafeLoad(fromByteOffset: header, as: UInt8.self) : nil
    }

    /// The error number of an acknowledgement, 0 where all is well; `nil` for another message.
    package static func error(parsing bytes: RawSpan) -> Int32? {
        guard type(of: bytes) == failure, bytes.byteCount >= whole else { return nil }
        return 0 &- bytes.unsafeLoadUnaligned(fromByteOffset: header, as: Int32.self)
    }

    /// The attributes of a message.
    @_lifetime(copy bytes)
    package static func payload(of bytes: RawSpan) -> RawSpan { bytes.extracting(droppingFirst: min(whole, bytes.byteCount)) }

    /// Calls `body` with type and value of each attribute that is whole.
    package static func forEachAttribute(in bytes: RawSpan, _ body: (UInt16, RawSpan) -> Void) {
        var offset = 0
        while offset + 4 <= bytes.byteCount {
            let length = Int(bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self))
            guard length >= 4, offset + length <= bytes.byteCount else { return }
            // The two highest bits say how the value is coded.
            let type = bytes.unsafeLoadUnaligned(fromByteOffset: offset + 2, as: UInt16.self) & 0x3fff
            body(type, bytes.extracting(offset + 4..<offset + length))
            offset += (length + 3) & ~3
        }
    }
}
