/// The version of Sonde, one for all three programs.
package enum Version {
    package static let current = "0.1.0"
}
