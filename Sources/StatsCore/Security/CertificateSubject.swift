import CNIOBoringSSL

/// For whom a certificate was issued. Source: RFC 5280, section 4.1.2.6.
package struct CertificateSubject: Sendable, Equatable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// Empty when there is none.
    package private(set) var commonName = ""
    package private(set) var organizationalUnit: String?

    /// - Parameter der: a certificate, encoded by the rules of X.690.
    /// - Throws: `Failure` for bytes that are none.
    package init(der: [UInt8]) throws(Failure) {
        let certificate = der.withUnsafeBufferPointer { bytes -> OpaquePointer? in
            var next = bytes.baseAddress
            let read = d2i_X509(nil, &next, bytes.count)
            guard next == bytes.baseAddress.map({ $0 + bytes.count }) else {
                X509_free(read)
                return nil
            }
            return read
        }
        guard let certificate else { throw Failure(description: "the peer's certificate can't be read") }
        defer { X509_free(certificate) }
        let name = X509_get_subject_name(certificate)
        for index in 0..<X509_NAME_entry_count(name) {
            let entry = X509_NAME_get_entry(name, index)
            guard let text = Self.text(X509_NAME_ENTRY_get_data(entry)) else { continue }
            switch OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)) {
            case NID_commonName: commonName = text
            case NID_organizationalUnitName: organizationalUnit = text
            default: break
            }
        }
    }

    private static func text(_ value: UnsafeMutablePointer<ASN1_STRING>?) -> String? {
        var bytes: UnsafeMutablePointer<UInt8>?
        let count = ASN1_STRING_to_UTF8(&bytes, value)
        guard let bytes, count >= 0 else { return nil }
        defer { OPENSSL_free(bytes) }
        return String(validating: UnsafeBufferPointer(start: bytes, count: Int(count)), as: UTF8.self)
    }
}
