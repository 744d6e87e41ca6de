import FoundationEssentials

/// A configuration file of a daemon: one JSON object, each key an option's name without its dashes.
///
///     {"collector": "10.0.0.5:9822", "interval": "1s"}
package enum OptionFile {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// Reads the file at `path` and checks that it holds nothing but `keys`; values may be strings, numbers or booleans.
    /// - Throws: `Failure` naming the file and the key.
    package static func load(_ path: String, keys: Set<String>) throws(Failure) -> [String: String] {
        let values: [String: Value]
        do {
            values = try JSONCoding.decode(from: Data(contentsOf: URL(filePath: path)))
        } catch let error as JSONMismatch {
            throw Failure(
                description: "\(path) is no JSON object of strings, numbers and booleans, such as {\"interval\": \"1s\"}: \(error)")
        } catch {
            throw Failure(description: "cannot read the configuration file \(path): \(error)")
        }
        if let unknown = values.keys.filter({ !keys.contains($0) }).min() {
            throw Failure(description: "\(path): unknown key \"\(unknown)\"; known are \(keys.sorted().joined(separator: ", "))")
        }
        return values.mapValues(\.text)
    }

    private struct Value: Decodable {
        let text: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                self.text = text
            } else if let number = try? container.decode(Int64.self) {
                text = String(number)
            } else {
                text = String(try container.decode(Bool.self))
            }
        }
    }
}
