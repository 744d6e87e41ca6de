/// An application whose metrics are recorded: `NAME=URL`.
package struct ScrapeTarget: Sendable, Equatable {
    package static let most = 32

    package let name: String
    private let address: WebAddress

    /// Why a text names no target. It never repeats the URL, in which there may be a secret.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// - Parameter argument: `app=http://127.0.0.1:8080/metrics`; without a path it is `/metrics`.
    package init(_ argument: String) throws(Failure) {
        guard let sign = argument.firstIndex(of: "="), case let name = String(argument[..<sign]), Self.isName(name) else {
            throw Failure(
                description:
                    "--scrape takes NAME=URL, such as app=http://127.0.0.1:8080/metrics, where NAME has 1 to 48 letters, digits, '.', '_' and '-'"
            )
        }
        let address: WebAddress
        do throws(WebAddress.Failure) {
            address = try WebAddress(argument[argument.index(after: sign)...])
        } catch {
            throw Failure(description: "--scrape \(name)=…: \(error)")
        }
        self.name = name
        let path = address.path
        self.address = address.at(path.isEmpty || path == "/" ? "/metrics" : path.hasPrefix("?") ? "/metrics\(path)" : path)
    }

    /// - Throws: also where two have the same name.
    package static func all(_ arguments: [String]) throws(Failure) -> [ScrapeTarget] {
        var targets: [ScrapeTarget] = []
        for argument in arguments {
            let target = try ScrapeTarget(argument)
            guard !targets.contains(where: { $0.name == target.name }) else {
                throw Failure(description: "--scrape names two targets \(target.name): give each a name of its own")
            }
            targets.append(target)
        }
        guard targets.count <= most else { throw Failure(description: "--scrape takes at most \(most) targets, not \(targets.count)") }
        return targets
    }

    package var isTLS: Bool { address.isTLS }
    /// A name or an address, without brackets.
    package var host: String { address.host }
    package var port: Int { address.port }
    /// Path and query, as a request has them.
    package var path: String { address.path }
    /// What a request says that it is for.
    package var authority: String { address.authority }
    /// Without the query, which may hold a secret.
    package var shownURL: String { address.shownURL }

    private static func isName(_ name: String) -> Bool {
        (1...48).contains(name.utf8.count)
            && name.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
