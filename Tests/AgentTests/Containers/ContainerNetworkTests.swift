import Testing

@testable import Agent

@Suite("Whose network a container uses") struct ContainerNetworkTests {
    private typealias Member = NetworkOwners.Member
    private let host = "net:[1]"

    @Test(
        "The engine's word for it is understood",
        arguments: [
            ("host", .host), ("bridge", .own), ("none", .own), ("shop_default", .own), ("container:ab", .shared(with: "ab")), ("", nil),
        ]
            as [(String, ContainerNetwork?)])
    func words(mode: String, network: ContainerNetwork?) { #expect(ContainerNetwork(mode: mode) == network) }

    @Test("Of several in one namespace, it is that of the one that was started first, as a pod's sandbox is")
    func pod() {
        let members = [
            Member(id: "app", told: nil, namespace: "net:[2]", started: 30),
            Member(id: "sandbox", told: nil, namespace: "net:[2]", started: 20),
            Member(id: "other", told: nil, namespace: "net:[3]", started: 10),
        ]
        #expect(networks(members) == [.shared(with: "sandbox"), .own, .own])
    }

    @Test("An engine that says who shares whose network decides the order, whatever was started first")
    func told() {
        let members = [
            Member(id: "a", told: .shared(with: "b"), namespace: "net:[2]", started: 1),
            Member(id: "b", told: .own, namespace: "net:[2]", started: 2),
            Member(id: "c", told: .shared(with: "a"), namespace: "net:[2]", started: 3),
        ]
        #expect(networks(members) == [.shared(with: "b"), .own, .shared(with: "b")])
    }

    @Test("Who stays in the namespace of an earlier start shares it with nobody any more")
    func ownerStartedAnew() {
        let members = [
            Member(id: "a", told: .shared(with: "b"), namespace: "net:[2]", started: 1),
            Member(id: "b", told: .own, namespace: "net:[4]", started: 9),
        ]
        #expect(networks(members) == [.own, .own])
    }

    @Test("Those that use the network of a container that isn't recorded name it")
    func ownerLeftOut() {
        let members = ["a", "b"].map { Member(id: $0, told: .shared(with: "x"), namespace: "net:[2]", started: 5) }
        #expect(networks(members) == [.shared(with: "x"), .shared(with: "x")])
    }

    @Test("The host's is the host's, whether engine or kernel says so")
    func hostNetwork() {
        let members = [
            Member(id: "a", told: .host, namespace: "net:[7]", started: 1), Member(id: "b", told: nil, namespace: host, started: 2),
            Member(id: "c", told: .shared(with: "b"), namespace: host, started: 2),
        ]
        #expect(networks(members) == [.host, .host, .host])
    }

    @Test("What neither engine nor kernel says is not known; without the kernel the engine's word counts")
    func unknown() {
        let members = [
            Member(id: "a", told: nil, namespace: nil, started: 1), Member(id: "b", told: .shared(with: "a"), namespace: nil, started: 1),
            Member(id: "c", told: .own, namespace: nil, started: 1),
        ]
        #expect(networks(members) == [nil, .shared(with: "a"), .own])
        #expect(NetworkOwners(members, host: nil).network(of: Member(id: "d", told: nil, namespace: "net:[2]", started: 1)) == nil)
    }

    private func networks(_ members: [Member]) -> [ContainerNetwork?] {
        let owners = NetworkOwners(members, host: host)
        return members.map { owners.network(of: $0) }
    }
}
