/// Whether an interface inside a container's network namespace carries the container's own traffic.
///
/// Only its name tells, because that is all that both readers have: the keys of the engine's `networks`, and the lines of `/proc/<pid>/net/dev`.
/// A byte that goes from a container inside a container to the world passes a veth, a bridge and eth0; it counts at eth0.
package enum NamespaceInterface: Sendable, Equatable {
    /// It leads out of the namespace: eth0, net1, host0, and every name that isn't known to be something else.
    case own
    /// Its bytes pass another interface too, unless there is no other: a bond, a VLAN, a tunnel. A rootless engine gives a container nothing but a
    /// `tap0`. These count where the namespace has no interface of the first kind.
    case stacked
    /// It leads from one place in the namespace to another: the loopback, bridges and veths of containers inside, dummies. It never counts.
    case inner

    /// - Parameter name: the bytes of `bytes` in `name`.
    package init(_ bytes: RawSpan, _ name: Range<Int>) {
        let cursor = ByteCursor(bytes)
        self =
            if name.isEmpty || cursor.matches(name, "lo") || Self.isInner(cursor, name) { .inner } else if Self.isStacked(cursor, name) {
                .stacked
            } else { .own }
    }

    private static func isInner(_ cursor: borrowing ByteCursor, _ name: Range<Int>) -> Bool {
        // By the first letter, as this runs for every interface of every container at every tick.
        switch cursor.byte(name.lowerBound) {
        case UInt8(ascii: "b"): cursor.begins(name, "br-")
        case UInt8(ascii: "c"): cursor.begins(name, "cni") || cursor.begins(name, "cali") || cursor.begins(name, "cilium_")
        case UInt8(ascii: "d"): cursor.begins(name, "docker") || cursor.begins(name, "dummy")
        // The kernel puts some of these tunnels into every namespace: gre0, gretap0, erspan0.
        case UInt8(ascii: "e"): cursor.begins(name, "erspan")
        case UInt8(ascii: "f"): cursor.begins(name, "flannel")
        case UInt8(ascii: "g"): cursor.begins(name, "gre") || cursor.begins(name, "geneve")
        case UInt8(ascii: "i"):
            cursor.begins(name, "ifb") || cursor.begins(name, "ip_vti") || cursor.begins(name, "ip6_vti") || cursor.begins(name, "ip6tnl")
                || cursor.begins(name, "ip6gre") || cursor.begins(name, "incusbr")
        case UInt8(ascii: "k"): cursor.begins(name, "kube-")
        case UInt8(ascii: "l"): cursor.begins(name, "lxc") || cursor.begins(name, "lxdbr")
        case UInt8(ascii: "n"):
            cursor.begins(name, "nerdctl") || cursor.begins(name, "nlmon") || cursor.begins(name, "nodelocaldns")
        case UInt8(ascii: "o"): cursor.begins(name, "ovs-")
        case UInt8(ascii: "p"): cursor.begins(name, "podman")
        case UInt8(ascii: "s"): cursor.begins(name, "sit")
        case UInt8(ascii: "t"): cursor.begins(name, "tunl")
        case UInt8(ascii: "v"):
            cursor.begins(name, "veth") || cursor.begins(name, "virbr") || cursor.begins(name, "vnet") || cursor.begins(name, "vxlan")
                || cursor.begins(name, "vrf")
        case UInt8(ascii: "w"): cursor.begins(name, "weave")
        default: false
        }
    }

    private static func isStacked(_ cursor: borrowing ByteCursor, _ name: Range<Int>) -> Bool {
        switch cursor.byte(name.lowerBound) {
        case UInt8(ascii: "b"): if cursor.begins(name, "bond") || cursor.begins(name, "br") { return true }
        case UInt8(ascii: "i"): if cursor.begins(name, "ipvlan") || cursor.begins(name, "ipvtap") { return true }
        case UInt8(ascii: "m"): if cursor.begins(name, "macvlan") || cursor.begins(name, "macvtap") { return true }
        case UInt8(ascii: "p"): if cursor.begins(name, "ppp") { return true }
        case UInt8(ascii: "t"):
            if cursor.begins(name, "tap") || cursor.begins(name, "tun") || cursor.begins(name, "team") || cursor.begins(name, "tailscale") {
                return true
            }
        case UInt8(ascii: "v"): if cursor.begins(name, "vlan") || cursor.begins(name, "vmbr") { return true }
        case UInt8(ascii: "w"): if cursor.begins(name, "wg") { return true }
        case UInt8(ascii: "z"): if cursor.begins(name, "zt") { return true }
        default: break
        }
        // A VLAN's usual name: eth0.100.
        for index in name where cursor.byte(index) == UInt8(ascii: ".") { return true }
        return false
    }
}

/// Sums up the traffic of a network namespace, by the rule of `NamespaceInterface`.
package struct NamespaceTraffic: Sendable {
    private var own = NetDevTotals()
    private var stacked = NetDevTotals()
    private var hasOwn = false
    private var hasStacked = false

    package init() {}

    package mutating func add(_ traffic: NetDevTotals, of interface: NamespaceInterface) {
        switch interface {
        case .own:
            own.add(traffic)
            hasOwn = true
        case .stacked:
            stacked.add(traffic)
            hasStacked = true
        case .inner: break
        }
    }

    /// `nil` where no interface counts.
    package var totals: NetDevTotals? { hasOwn ? own : hasStacked ? stacked : nil }
}

extension ByteCursor {
    /// Whether the bytes in `range` begin with `text`.
    @inline(__always) fileprivate func begins(_ range: Range<Int>, _ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        return range.count >= count && matches(range.lowerBound..<range.lowerBound + count, text)
    }
}
