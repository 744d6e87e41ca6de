/// What a certificate of Sonde's CA is good for: its subject's organizational unit.
package enum CertificateRole: String, Sendable, CaseIterable {
    /// May deliver for the one node that its common name says.
    case agent
    /// May be connected to.
    case collector
    /// May use the control port.
    case `operator`
}
