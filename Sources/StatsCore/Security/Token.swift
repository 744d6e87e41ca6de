/// The secret that all agents, the collector and its operators share: 256 random bits, kept in a file.
///
/// Agent and collector prove that they have it by an HMAC over both sides' nonces and never send it; the control port takes it as
/// `Authorization: Bearer`. It is never put into an option, a variable or a log: those hold only the path of its file.
package struct Token: Sendable, Equatable {
    private let key: SecretKey

    /// Its length in bytes; the file and the bearer write it in hexadecimal.
    package static let byteCount = 32

    /// A new one, from the kernel's random numbers.
    package init() { key = SecretKey(Self.random()) }

    /// - Parameter hexadecimal: 64 digits; white space around them doesn't matter.
    package init?(hexadecimal text: some StringProtocol) {
        guard let bytes = Self.bytes(text) else { return nil }
        key = SecretKey(bytes)
    }

    private static func bytes(_ text: some StringProtocol) -> [UInt8]? {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }
        let digits = text.utf8.drop(while: isSpace).reversed().drop(while: isSpace).reversed()
        return digits.count == 2 * byteCount ? Hexadecimal.bytes(digits) : nil
    }

    /// The text in its file.
    package var hexadecimal: String { key.withUnsafeBytes { Hexadecimal.text($0) } }

    /// Whether an `Authorization` header has the scheme `Bearer` (RFC 6750) and this token.
    package func matches(authorization: String) -> Bool {
        let words = authorization.split(separator: " ", maxSplits: 1)
        return words.count == 2 && words[0].lowercased() == "bearer" && matches(bearer: words[1])
    }

    /// Whether a bearer is this token. The time that the check takes doesn't depend on how much of the bearer is right.
    package func matches(bearer: some StringProtocol) -> Bool {
        Self.bytes(bearer).map { SecretKey($0) == key } ?? false
    }

    // MARK: The proof in the handshake

    /// Which side made a proof. A proof is only valid for its side, so a peer can't send one back.
    package enum Side: String, Sendable {
        case agent = "sonde 1 agent"
        case collector = "sonde 1 collector"
    }

    /// What a proof covers besides the side: both nonces, so that a recorded proof is worthless in another handshake, and the agent's identity.
    package struct Handshake: Sendable, Equatable {
        let collectorNonce: String
        let agentNonce: String
        let agent: String
        let node: String

        package init(collectorNonce: String, agentNonce: String, agent: String, node: String) {
            self.collectorNonce = collectorNonce
            self.agentNonce = agentNonce
            self.agent = agent
            self.node = node
        }

        /// Each part follows its length, so that no two handshakes give the same bytes.
        fileprivate func message(_ side: Side) -> [UInt8] {
            [side.rawValue, collectorNonce, agentNonce, agent, node].flatMap { part in
                withUnsafeBytes(of: UInt32(part.utf8.count).bigEndian, Array.init) + part.utf8
            }
        }
    }

    /// The proof of `side` in this handshake: HMAC-SHA256 (RFC 2104) in hexadecimal.
    package func proof(of side: Side, in handshake: Handshake) -> String {
        Hexadecimal.text(key.authenticationCode(handshake.message(side)))
    }

    /// Whether `proof` is that of `side` in this handshake. The time that the check takes doesn't depend on how much of the proof is right.
    package func isProof(_ proof: String, of side: Side, in handshake: Handshake) -> Bool {
        Self.bytes(proof).map { key.isAuthenticationCode($0, of: handshake.message(side)) } ?? false
    }

    /// A nonce for a handshake: 256 random bits in hexadecimal.
    package static func nonce() -> String {
        Hexadecimal.text(random())
    }

    /// From the kernel's random numbers: getrandom(2).
    private static func random() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<byteCount).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }
}

/// Keeps the token out of logs and debug output.
extension Token: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "token" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
