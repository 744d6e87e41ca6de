@testable import CLI

/// A small fleet to draw: two nodes, of which one is lost, and containers whose names are what names can be.
enum TopFixture {
    static func model() throws -> TopModel {
        var model = TopModel()
        try model.feed(
            "snapshot",
            #"""
            {"seq":1,"time":"2026-11-21T18:00:00.000Z","collector":{"version":"0.2","disk_free_bytes":68719476736},
             "run":{"name":"test000","state":"recording","elapsed_us":63000000,"duration_us":120000000,"ticks_due":64},
             "nodes":[
              {"node":"n1","connected":true,"cores":4,"cpu_percent":37.5,"memory_percent":85.0,"memory_total_bytes":8589934592,
               "memory_available_bytes":1288490188,"load1":1.2,"psi_cpu_percent":1.0,"disk_used_percent":40.0,"rx_bytes_per_s":1500,
               "tx_bytes_per_s":300,"containers":4,"last_tick_age_ms":100,"missing":{},"level":"warm","levels":{"memory_percent":"warm"}},
              {"node":"n2","connected":false,"lost_ms":12000,"cores":8,"cpu_percent":99.0,"missing":{"away":3},"level":"hot","levels":{"lost_ms":"hot","missing":"hot"}}],
             "containers":[
              {"key":1,"id":"aaaaaaaaaaaaaaaa","name":"web","node":"n1","image":"nginx:1.27","state":"running","project":"shop","cpu_percent":120.5,
               "memory_usage_bytes":33554432,"memory_limit_bytes":67108864,"memory_percent":50.0,"rx_bytes_per_s":1000,"tx_bytes_per_s":200,
               "io_read_bytes_per_s":0,"io_write_bytes_per_s":4096,"pids":5},
              {"key":2,"id":"bbbbbbbbbbbbbbbb","name":"db","node":"n1","image":"postgres:17","state":"running","health":"unhealthy",
               "project":"shop","cpu_percent":3.0,"memory_usage_bytes":536870912,"memory_percent":95.0,"pids":9,"level":"hot",
               "levels":{"health":"hot","memory_percent":"hot"},
               "troubles":[{"name":"unhealthy","level":"hot","field":"health","text":"Its health check fails"}]},
              {"key":3,"id":"cccccccccccccccc","name":"漢字\u001b[2J😀\u202e","node":"n1","state":"paused","cpu_percent":0.0,
               "memory_usage_bytes":1024,"memory_percent":0.0,"pids":1,"level":"warm","levels":{"state":"warm"}},
              {"key":4,"id":"dddddddddddddddd","node":"n1","cpu_percent":12.0,"memory_usage_bytes":2048,"pids":2}]}
            """#)
        return model
    }

    /// The screen's lines, drawn from scratch.
    static func screen(
        _ model: TopModel, _ state: TopState = TopState(), columns: Int = 80, rows: Int = 24, lost: (seconds: Int, reason: String)? = nil
    ) -> [ScreenLine] {
        var state = state
        let picture = TopPicture(model: model, address: "127.0.0.1:9880", lost: lost, answered: state.question)
        return TopScreen.lines(picture, TopOrder(model, state), &state, ScreenSize(columns: columns, rows: rows))
    }

    /// Presses keys as the loop does: each acts upon what the one before has left.
    static func press(_ keys: [Key], _ model: TopModel, _ state: inout TopState) -> [TopState.Effect] {
        keys.map { key in
            let order = TopOrder(model, state)
            return state.apply(key, targets: order.targets, current: order.current, page: 5)
        }
    }

    static func press(_ keys: String, _ model: TopModel, _ state: inout TopState) -> [TopState.Effect] {
        press(keys.unicodeScalars.map { Key.character($0) }, model, &state)
    }

    /// The containers' names in the order of the screen.
    static func names(_ model: TopModel, _ state: TopState) -> [String] { TopOrder(model, state).containers.map(\.displayName) }
}
