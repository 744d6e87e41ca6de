import Testing

@testable import StatsCore

@Suite("Traffic of a container's network namespace") struct NamespaceInterfaceTests {
    @Test(
        "What leads out of the namespace is the container's own",
        arguments: ["eth0", "eth1", "net1", "host0", "ens3", "wlan0", "e", "docke"])
    func own(name: String) { #expect(interface(name) == .own) }

    @Test(
        "Bridges, veths and overlays inside a container never count",
        arguments: [
            "lo", "docker0", "docker_gwbridge", "br-4b5e57f6eb2f", "veth1a2b3c", "cni0", "cali12", "flannel.1", "lxcbr0", "virbr0",
            "podman0",
            "nerdctl0", "vxlan.calico", "kube-ipvs0", "tunl0", "sit0", "gretap0", "ip6tnl0", "dummy0", "ifb0", "",
        ])
    func inner(name: String) { #expect(interface(name) == .inner) }

    @Test(
        "What is stacked upon another interface counts only where there is no other",
        arguments: ["bond0", "eth0.100", "vlan7", "macvlan1", "ipvlan0", "tap0", "tap0_kata", "tun0", "wg0", "br0", "team0", "ppp0"])
    func stacked(name: String) {
        #expect(interface(name) == .stacked)
        #expect(totals(line("lo", 5, 5) + line("eth0", 1000, 2000) + line(name, 7, 9)).rxBytes == 1000)
        #expect(totals(line("lo", 5, 5) + line("docker0", 3, 3) + line(name, 7, 9)).txBytes == 9)
    }

    @Test("An engine inside a container adds nothing to what passes eth0")
    func engineInside() {
        let sums = totals(
            line("lo", 5, 5) + line("veth1a2b3c", 1995, 995) + line("eth0", 1000, 2000) + line("docker0", 1990, 990) + line("eth1", 1, 2))
        #expect(sums.rxBytes == 1001 && sums.txBytes == 2002)
        #expect(sums.rxPackets == 2 && sums.txPackets == 2)
    }

    @Test("Without an interface that counts the traffic isn't counted: absent, not zero, which is what an idle interface has")
    func none() {
        #expect(totals(line("lo", 5, 5) + line("docker0", 7, 7)) == NetDevTotals())
        let idle = totals(line("lo", 5, 5) + line("eth0", 0, 0))
        #expect(idle.rxBytes == 0 && idle.txDropped == 0)
    }

    private func interface(_ name: String) -> NamespaceInterface {
        let bytes = Array(name.utf8)
        return NamespaceInterface(bytes.span.bytes, 0..<bytes.count)
    }

    private func totals(_ lines: String) -> NetDevTotals {
        let bytes = Array(("Inter-|   Receive\n face |bytes\n" + lines).utf8)
        return NetDevTotals(parsing: bytes.span.bytes)
    }

    private func line(_ name: String, _ received: Int, _ sent: Int) -> String {
        "\(name): \(received) 1 0 0 0 0 0 0 \(sent) 1 0 0 0 0 0 0\n"
    }
}
