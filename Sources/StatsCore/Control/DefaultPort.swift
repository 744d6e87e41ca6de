/// The TCP ports of a collector that isn't told others.
package enum DefaultPort {
    /// Where agents connect.
    package static let agents = 9822
    /// The control port: HTTP, for the CLI, browsers and scripts.
    package static let control = 9880
}
