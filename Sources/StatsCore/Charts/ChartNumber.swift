/// Numbers as charts write them: with a minus sign that is as wide as a digit.
package enum ChartNumber {
    /// Rounded half away from zero to `digits` decimals.
    package static func text(_ value: Double, digits: Int) -> String {
        let text = HumanUnits.fixed(value, digits: digits)
        return text.hasPrefix("-") ? "−\(text.dropFirst())" : text
    }
}
