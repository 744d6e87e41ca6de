import CNIOBoringSSL

/// The bytes of a secret, and what is computed with them. This copy of them is overwritten at the end, and isn't printed with whoever holds it.
///
/// `@unchecked` because the compiler can't see that nobody writes what the pointer names between `init` and `deinit`.
final class SecretKey: @unchecked Sendable, Equatable {
    /// Written by `init` only.
    private let bytes: UnsafeMutableRawBufferPointer

    init(_ bytes: [UInt8]) {
        self.bytes = .allocate(byteCount: bytes.count, alignment: 1)
        self.bytes.copyBytes(from: bytes)
    }

    deinit {
        OPENSSL_cleanse(bytes.baseAddress, bytes.count)
        bytes.deallocate()
    }

    func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try body(UnsafeRawBufferPointer(bytes))
    }

    /// The time that it takes depends on the number of bytes only.
    static func == (one: SecretKey, other: SecretKey) -> Bool {
        one.withUnsafeBytes { one in other.withUnsafeBytes { isEqual(one, $0) } }
    }

    /// HMAC-SHA256 (RFC 2104) of a message.
    func authenticationCode(_ message: [UInt8]) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: SHA256Sum.byteCount)
        // It fails for want of memory only.
        let made = HMAC(EVP_sha256(), bytes.baseAddress, bytes.count, message, message.count, &code, nil)
        precondition(made != nil, "no memory for an HMAC")
        return code
    }

    /// Whether a code is that of the message. The time that takes doesn't depend on how much of the code is right.
    func isAuthenticationCode(_ code: [UInt8], of message: [UInt8]) -> Bool {
        authenticationCode(message).withUnsafeBytes { right in code.withUnsafeBytes { Self.isEqual(right, $0) } }
    }

    private static func isEqual(_ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer) -> Bool {
        one.count == other.count && CRYPTO_memcmp(one.baseAddress, other.baseAddress, one.count) == 0
    }
}
