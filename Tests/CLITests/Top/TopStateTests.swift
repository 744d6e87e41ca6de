import Testing

@testable import CLI

@Suite("The keys of sonde top") struct TopStateTests {
    @Test(
        "Each sort key orders by what it says, the most first",
        arguments: [
            ("c", ["web", "dddddddddddd", "db", TopStateTests.odd]), ("m", ["db", "web", "dddddddddddd", TopStateTests.odd]),
            ("p", ["db", "web", "dddddddddddd", TopStateTests.odd]), ("a", ["db", "dddddddddddd", "web", TopStateTests.odd]),
            ("t", ["web", "db", "dddddddddddd", TopStateTests.odd]), ("i", ["web", "db", "dddddddddddd", TopStateTests.odd]),
            ("ar", [TopStateTests.odd, "web", "dddddddddddd", "db"]),
        ])
    func sorting(keys: String, names: [String]) throws {
        let model = try TopFixture.model()
        var state = TopState()
        _ = TopFixture.press(keys, model, &state)
        #expect(TopFixture.names(model, state) == names)
    }

    private static let odd = "漢字\u{1b}[2J😀\u{202e}"

    @Test("The filter is written behind a slash, kept by Enter and cleared by Escape")
    func filtering() throws {
        let model = try TopFixture.model()
        var state = TopState()
        _ = TopFixture.press("/SHOP nginq", model, &state)
        #expect(TopFixture.names(model, state).isEmpty)
        _ = TopFixture.press([.backspace, .character("x")], model, &state)
        #expect(TopFixture.names(model, state) == ["web"])
        #expect(TopFixture.press([.enter], model, &state) == [.redraw])
        #expect(state.filter == "SHOP nginx" && TopFixture.press("q", model, &state) == [.quit], "q is a key again")
        _ = TopFixture.press([.escape], model, &state)
        #expect(TopFixture.names(model, state).count == 4)
        _ = TopFixture.press("/q", model, &state)
        #expect(TopFixture.press([.escape], model, &state) == [.redraw] && state.filter.isEmpty && state.typing == nil)
    }

    @Test("Enter opens the container or the node that is chosen, and Escape comes back to it")
    func opening() throws {
        let model = try TopFixture.model()
        var state = TopState()
        #expect(
            TopFixture.press([.enter], model, &state) == [.ask(.container("aaaaaaaaaaaaaaaa"))], "the first container is the first choice")
        #expect(TopFixture.press([.enter, .escape], model, &state) == [.ignored, .ask(.overview)])
        #expect(TopFixture.press([.down, .enter], model, &state) == [.redraw, .ask(.container("dddddddddddddddd"))])
        _ = TopFixture.press([.escape], model, &state)
        #expect(TopFixture.press([.home, .enter], model, &state) == [.redraw, .ask(.node("n2"))], "the lost node stands first")
    }

    @Test("What is chosen stays chosen when the order changes, and when the collector was lost")
    func following() throws {
        var model = try TopFixture.model()
        var state = TopState()
        _ = TopFixture.press([.down], model, &state)
        try model.feed("update", #"{"containers":[{"key":4,"cpu_percent":0}]}"#)
        #expect(TopFixture.press([.enter], model, &state) == [.ask(.container("dddddddddddddddd"))])
        _ = TopFixture.press([.escape], model, &state)
        // Another connection has other keys.
        try model.feed(
            "snapshot", #"{"containers":[{"key":1,"id":"dddddddddddddddd","node":"n1"},{"key":2,"id":"ff","node":"n1","cpu_percent":9}]}"#)
        #expect(TopFixture.press([.enter], model, &state) == [.ask(.container("dddddddddddddddd"))])
    }

    @Test("Groups stand in the order of their sums, what belongs to none comes last")
    func grouping() throws {
        var model = try TopFixture.model()
        try model.feed("update", #"{"containers":[{"key":5,"id":"e","name":"big","namespace":"kube","node":"n2","cpu_percent":200}]}"#)
        var state = TopState()
        _ = TopFixture.press("g", model, &state)
        #expect(TopOrder(model, state).groups.map(\.title) == ["kube", "shop", "no project"])
        #expect(TopFixture.names(model, state) == ["big", "web", "db", "dddddddddddd", Self.odd])
        try model.feed(
            "update",
            #"{"containers":[{"key":5,"pod":"dns-0"},{"key":6,"id":"f","name":"k8s_x","namespace":"kube","pod":"x-0","node":"n2"}]}"#)
        _ = TopFixture.press("gg", model, &state)
        #expect(TopOrder(model, state).groups.map(\.title) == ["kube", "no namespace"])
        // Containers of many pods have the same name; Docker's under a kubelet hold the pod's already.
        #expect(TopFixture.names(model, state).prefix(2) == ["dns-0/big", "k8s_x"])
        _ = TopFixture.press("g", model, &state)
        #expect(TopOrder(model, state).groups.map(\.title) == ["kube/dns-0", "kube/x-0", "no pod"])
        _ = TopFixture.press("g", model, &state)
        #expect(TopOrder(model, state).groups.map(\.title) == ["n2", "n1"])
        _ = TopFixture.press("g", model, &state)
        #expect(TopOrder(model, state).groups.map(\.title) == [nil])
    }

    @Test("No key in any order leads out of the list")
    func keys() throws {
        let model = try TopFixture.model()
        var state = TopState()
        let all: [Key] = [
            .up, .down, .pageUp, .pageDown, .home, .end, .left, .right, .tab, .unknown, .control("n"), .character("n"), .character("j"),
        ]
        for first in all {
            for second in all {
                _ = TopFixture.press([first, second], model, &state)
                let order = TopOrder(model, state)
                #expect(order.targets.indices.contains(order.current))
            }
        }
        var empty = TopState()
        #expect(TopFixture.press([.down, .enter, .end], TopModel(), &empty) == [.ignored, .ignored, .ignored])
    }

    @Test("Ctrl-C and Ctrl-Z work wherever one is")
    func always() throws {
        let model = try TopFixture.model()
        for keys in ["", "/abc", "?"] {
            var state = TopState()
            _ = TopFixture.press(keys, model, &state)
            #expect(TopFixture.press([.control("z"), .control("l"), .control("c")], model, &state) == [.suspend, .repaint, .quit])
        }
    }

    @Test("Only the node that was asked for is shown, with its containers")
    func oneNode() throws {
        var state = TopState()
        state.onlyNode = "n2"
        let order = TopOrder(try TopFixture.model(), state)
        #expect(order.nodes.map(\.displayName) == ["n2"] && order.containers.isEmpty && order.all == 0)
    }
}
