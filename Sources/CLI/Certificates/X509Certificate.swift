// BoringSSL as NIOSSL brings it, which is linked for TLS anyway.
import CNIOBoringSSL

/// A key on the curve P-256 that signs, with its public half.
final class SigningKey {
    fileprivate let raw: OpaquePointer

    /// A new one.
    init() throws {
        guard let curve = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1) else { throw X509Failure() }
        defer { EC_KEY_free(curve) }
        guard let raw = EVP_PKEY_new() else { throw X509Failure() }
        self.raw = raw
        guard EC_KEY_generate_key(curve) == 1, EVP_PKEY_set1_EC_KEY(raw, curve) == 1 else { throw X509Failure() }
    }

    /// - Parameter pem: as `pem` gives it, or as others write an EC key.
    init(pem: [UInt8]) throws {
        guard let raw = try Memory.read(pem, { PEM_read_bio_PrivateKey($0, nil, nil, nil) }) else { throw X509Failure() }
        self.raw = raw
    }

    deinit { EVP_PKEY_free(raw) }

    /// PKCS #8, which isn't encrypted.
    var pem: [UInt8] {
        get throws { try Memory.write { PEM_write_bio_PrivateKey($0, raw, nil, nil, 0, nil, nil) } }
    }
}

/// A certificate of X.509, version 3. Source: RFC 5280.
final class X509Certificate {
    /// What a new one says.
    struct Content {
        /// In their order, by the numbers that BoringSSL has for them.
        var subject: [(type: Int32, value: String)]
        /// Seconds since 1970.
        var notBefore: Int64
        var notAfter: Int64
        /// Values as openssl's configuration writes them (x509v3_config(5)), by the numbers that BoringSSL has for the extensions.
        var extensions: [(type: Int32, value: String)]
    }

    private let raw: OpaquePointer

    /// Makes and signs one.
    /// - Parameter issuer: `nil` for one that signs itself.
    init(_ content: Content, for key: SigningKey, issuer: X509Certificate?, by issuerKey: SigningKey) throws {
        guard let raw = X509_new() else { throw X509Failure() }
        self.raw = raw
        guard X509_set_version(raw, Int(X509_VERSION_3)) == 1, X509_set_pubkey(raw, key.raw) == 1 else { throw X509Failure() }
        try setSerialNumber()
        let name = X509_get_subject_name(raw)
        for (type, value) in content.subject {
            let bytes = Array(value.utf8)
            guard X509_NAME_add_entry_by_NID(name, type, MBSTRING_UTF8, bytes, bytes.count, -1, 0) == 1 else { throw X509Failure() }
        }
        guard X509_set_issuer_name(raw, X509_get_subject_name(issuer?.raw ?? raw)) == 1,
            ASN1_TIME_set_posix(X509_getm_notBefore(raw), content.notBefore) != nil,
            ASN1_TIME_set_posix(X509_getm_notAfter(raw), content.notAfter) != nil
        else { throw X509Failure() }
        for (type, value) in content.extensions { try add(type, value) }
        guard X509_sign(raw, issuerKey.raw, EVP_sha256()) > 0 else { throw X509Failure() }
    }

    init(pem: [UInt8]) throws {
        guard let raw = try Memory.read(pem, { PEM_read_bio_X509($0, nil, nil, nil) }) else { throw X509Failure() }
        self.raw = raw
    }

    deinit { X509_free(raw) }

    var pem: [UInt8] {
        get throws { try Memory.write { PEM_write_bio_X509($0, raw) } }
    }

    /// Seconds since 1970.
    var notAfter: Int64 {
        get throws {
            var seconds: Int64 = 0
            guard ASN1_TIME_to_posix(X509_get0_notAfter(raw), &seconds) == 1 else { throw X509Failure() }
            return seconds
        }
    }

    /// Whether this is the certificate of a key.
    func isOf(_ key: SigningKey) -> Bool { X509_check_private_key(raw, key.raw) == 1 }

    /// Random, so that nobody can foresee what is signed; above zero, and of no more than 20 bytes (RFC 5280, section 4.1.2.2).
    private func setSerialNumber() throws {
        var bytes = [UInt8](repeating: 0, count: 20)
        guard RAND_bytes(&bytes, bytes.count) == 1, let number = BN_bin2bn(bytes, bytes.count, nil) else { throw X509Failure() }
        defer { BN_free(number) }
        guard BN_clear_bit(number, 159) == 1, let serial = BN_to_ASN1_INTEGER(number, nil) else { throw X509Failure() }
        defer { ASN1_INTEGER_free(serial) }
        guard X509_set_serialNumber(raw, serial) == 1 else { throw X509Failure() }
    }

    private func add(_ type: Int32, _ value: String) throws {
        guard let made = X509V3_EXT_nconf_nid(nil, nil, type, value) else { throw X509Failure() }
        defer { X509_EXTENSION_free(made) }
        guard X509_add_ext(raw, made, -1) == 1 else { throw X509Failure() }
    }
}

/// What BoringSSL says of a failure.
struct X509Failure: Error, CustomStringConvertible {
    let description: String

    init() {
        let code = ERR_get_error()
        ERR_clear_error()
        description = code == 0 ? "unknown reason" : ERR_reason_error_string(code).map { String(cString: $0) } ?? "error \(code)"
    }
}

/// Bytes that BoringSSL reads or writes.
private enum Memory {
    static func read<Value>(_ bytes: [UInt8], _ body: (OpaquePointer) -> Value?) throws -> Value? {
        try bytes.withUnsafeBytes { bytes in
            guard let memory = BIO_new_mem_buf(bytes.baseAddress, bytes.count) else { throw X509Failure() }
            defer { BIO_free(memory) }
            return body(memory)
        }
    }

    static func write(_ body: (OpaquePointer) -> Int32) throws -> [UInt8] {
        guard let memory = BIO_new(BIO_s_mem()) else { throw X509Failure() }
        defer { BIO_free(memory) }
        var (start, count) = (UnsafePointer<UInt8>?.none, 0)
        guard body(memory) == 1, BIO_mem_contents(memory, &start, &count) == 1 else { throw X509Failure() }
        return Array(UnsafeBufferPointer(start: start, count: count))
    }
}
