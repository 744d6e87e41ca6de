/// What the holder of a certificate from Sonde's CA may do. The subject's organizational unit names it.
package enum CertificateRole: String, Sendable, CaseIterable {
    /// May deliver frames of the one node that the common name names.
    case agent
    /// Other programs may connect to it.
    case collector
    /// May use the control port.
    case `operator`
}
