/// A file in which the kernel puts brackets around what is chosen, such as `/sys/kernel/mm/transparent_hugepage/enabled` (Documentation/admin-guide/mm/transhuge.rst).
///
///     always [madvise] never
package enum BracketedChoice {
    /// - Returns: `nil` when nothing is chosen.
    package static func parse(_ line: String) -> String? {
        line.split(separator: " ").first { $0.hasPrefix("[") && $0.hasSuffix("]") && $0.count > 2 }.map {
            String($0.dropFirst().dropLast())
        }
    }
}
