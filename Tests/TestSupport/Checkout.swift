/// Where the files of this checkout are, from wherever in it a test looks for them.
package enum Checkout {
    /// Its root, found from this file's own place: `<root>/Tests/TestSupport/Checkout.swift`.
    package static let path = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

    package static let tests = path + "/Tests"

    /// Kernel trees, answers and golden files of a test target.
    package static func fixtures(of target: String) -> String { "\(tests)/\(target)/Fixtures" }
}
