import Foundation

/// What the programs are made of, as CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json): the packages that the build has resolved, and the
/// toolchain, whose runtime is in every program. The same input gives the same bytes.
public struct BillOfMaterials {
    /// A package, as Package.resolved names it.
    struct Pin: Decodable {
        struct State: Decodable {
            let revision: String
            let version: String?
        }
        let identity: String
        let location: String
        let state: State
    }

    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    private struct Resolved: Decodable { let pins: [Pin] }

    private let pins: [Pin]

    /// - Parameters:
    ///   - resolved: the bytes of Package.resolved.
    ///   - manifest: Package.swift, which names all packages that something is built of. What else is resolved belongs to parts of those that nobody here uses.
    /// - Throws: `Failure` when there is anything but versions, such as a branch.
    public init(resolved: Data, manifest: String) throws {
        pins = try JSONDecoder().decode(Resolved.self, from: resolved).pins.sorted { $0.identity < $1.identity }
            .filter { manifest.contains("/\($0.identity)\"") || manifest.contains("(\"\($0.identity)\"") }
        if let open = pins.first(where: { $0.state.version == nil }) {
            throw Failure(description: "the package \(open.identity) is no released version; name one in Package.swift, with exact:")
        }
    }

    private struct Document: Encodable {
        struct Component: Encodable {
            var type = "library"
            let name: String
            let version: String
            var purl: String?
            var pedigree: Pedigree?
        }
        struct Pedigree: Encodable {
            struct Commit: Encodable { let uid: String }
            let commits: [Commit]
        }
        struct Metadata: Encodable { let component: Component }
        let bomFormat = "CycloneDX"
        let specVersion = "1.6"
        let version = 1
        let metadata: Metadata
        let components: [Component]
    }

    /// - Parameters:
    ///   - version: Sonde's.
    ///   - toolchain: the first line of `swift --version`.
    public func json(version: String, toolchain: String) throws -> Data {
        let packages = pins.map { pin in
            let version = pin.state.version ?? ""
            return Document.Component(
                name: pin.identity, version: version, purl: "pkg:swift/\(Self.place(pin.location))@\(version)",
                pedigree: Document.Pedigree(commits: [Document.Pedigree.Commit(uid: pin.state.revision)]))
        }
        let document = Document(
            metadata: Document.Metadata(component: Document.Component(type: "application", name: "sonde", version: version)),
            components: packages + [Document.Component(type: "platform", name: "swift", version: toolchain)])
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(document) + Data("\n".utf8)
    }

    /// `github.com/apple/swift-nio` of an address.
    private static func place(_ location: String) -> String {
        var place = location[...]
        if let scheme = place.range(of: "://") { place = place[scheme.upperBound...] }
        if place.hasSuffix(".git") { place = place.dropLast(4) }
        return String(place)
    }
}
