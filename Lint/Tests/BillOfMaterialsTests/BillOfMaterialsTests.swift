import Foundation
import Testing

@testable import BillOfMaterials

@Suite("The bill of materials") struct BillOfMaterialsTests {
    private func resolved(_ state: String) -> Data {
        Data(
            """
            {"originHash":"0","pins":[{"identity":"swift-nio","kind":"remoteSourceControl","location":"https://github.com/apple/swift-nio.git","state":{\(state)}},
            {"identity":"swift-unused","kind":"remoteSourceControl","location":"https://github.com/x/swift-unused","state":{"revision":"cd","version":"1.0.0"}},
            {"identity":"hummingbird","kind":"remoteSourceControl","location":"https://github.com/x/hummingbird","state":{"revision":"ab","version":"2.0.0"}}],"version":3}
            """.utf8)
    }

    private let manifest = """
        [("swift-nio", "2.101.2", "NIO")], .package(url: "https://github.com/x/hummingbird", exact: "2.0.0")
        """

    @Test("It names each package that is built with version, address and commit, and the toolchain, in the same order each time")
    func names() throws {
        let bill = try BillOfMaterials(resolved: resolved(#""revision":"3398e4aa","version":"2.101.2""#), manifest: manifest)
        let json = try bill.json(version: "0.1.0", toolchain: "Swift version 6.2")
        let document = try #require(JSONSerialization.jsonObject(with: json) as? [String: Any])
        #expect(document["bomFormat"] as? String == "CycloneDX" && document["specVersion"] as? String == "1.6")
        let components = try #require(document["components"] as? [[String: Any]])
        #expect(
            components.map { "\($0["name"] ?? "") \($0["version"] ?? "")" } == [
                "hummingbird 2.0.0", "swift-nio 2.101.2", "swift Swift version 6.2",
            ])
        #expect(components[1]["purl"] as? String == "pkg:swift/github.com/apple/swift-nio@2.101.2")
        #expect(String(decoding: json, as: UTF8.self).contains("3398e4aa"))
        #expect(try bill.json(version: "0.1.0", toolchain: "Swift version 6.2") == json)
    }

    @Test("A package that is no released version is refused by name")
    func branch() {
        #expect { try BillOfMaterials(resolved: resolved(#""revision":"3398e4aa","branch":"main""#), manifest: manifest) } throws: {
            "\($0)".contains("swift-nio")
        }
    }
}
