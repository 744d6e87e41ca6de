import StatsCore

/// The list that containers/storage keeps of Podman's containers, `containers.json` and `volatile-containers.json`: their bundles don't tell their names.
///
/// Source: containers/storage, `containers.go`; of an entry `id`, `names`, and `metadata`, which is JSON in a text, with `image-name`.
struct StorageList: Decodable {
    private struct Entry: Decodable {
        var id: String
        var names: [String]?
        var metadata: String?
    }

    private struct Metadata: Decodable {
        var imageName: String?
        enum CodingKeys: String, CodingKey { case imageName = "image-name" }
    }

    private let entries: [Entry]

    init(from decoder: any Decoder) throws { entries = try [Entry](from: decoder) }

    /// - Throws: `DecodingError`, `JSONFault`.
    static func read(_ bytes: [UInt8]) throws -> StorageList {
        // Bounds how deep it nests before anything is built of it.
        try JSONScanner.validate(bytes.span.bytes, orArray: true)
        return try JSONCoding.decode(from: bytes)
    }

    func names(of id: String) -> ToldNames? {
        guard let entry = entries.first(where: { $0.id == id }), let name = entry.names?.first, !name.isEmpty, name.utf8.count <= 1024
        else {
            return nil
        }
        let metadata: Metadata? = entry.metadata.flatMap { try? JSONCoding.decode(from: Array($0.utf8)) }
        let image = metadata?.imageName ?? ""
        return ToldNames(source: .bundle, name: name, image: image.utf8.count <= 1024 ? image : "")
    }
}
