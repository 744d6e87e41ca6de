// BoringSSL as NIOSSL brings it, which is linked for TLS anyway. swift-crypto has a second copy of it, and would add 2 MB to every agent.
import CNIOBoringSSL

/// SHA-256 (FIPS 180-4) of bytes that come piece by piece.
package struct SHA256Sum: Sendable {
    private var state = SHA256_CTX()

    /// Its length in bytes.
    package static let byteCount = Int(SHA256_DIGEST_LENGTH)

    package init() { SHA256_Init(&state) }

    /// Of all these bytes.
    package init(of bytes: [UInt8]) {
        self.init()
        bytes.withUnsafeBytes { update($0) }
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) { SHA256_Update(&state, bytes.baseAddress, bytes.count) }

    /// The sum of what has come so far, in hexadecimal.
    package var hexadecimal: String {
        var state = state
        var sum = [UInt8](repeating: 0, count: Self.byteCount)
        SHA256_Final(&sum, &state)
        return Hexadecimal.text(sum)
    }
}
