import StatsCore

extension Recorder {
    /// Takes over what all lanes have.
    func collect() {
        for lane in lanes { lane.withState { takeOver(&$0) } }
    }

    /// Takes over what a lane has: rows, missing ticks, and how far each agent is that has moved.
    func takeOver(_ lane: inout LaneState) {
        guard !lane.moved.isEmpty else { return }
        let now = clock.now()
        let bytes = lane.byteCount
        active?.take(lane, now: now, counters)
        for place in lane.moved {
            guard let seat = lane.seats[place] else { continue }
            streams.advance(seat.agent, to: seat.accepted, needsRewind: seat.needsRewind)
            moved.insert(seat.agent)
            if seat.hasDelivered, let account = seat.account { active?.take(account, of: seat.node) }
        }
        lane.clear()
        backlog.take(bytes)
        backlog.note(taken: active?.directory.pendingBytes ?? 0)
    }

    /// The lanes take frames of this run.
    func openLanes(for run: ActiveRun) {
        for lane in lanes { lane.withState { $0.run = run.laneRun } }
        for connection in connections.values {
            connection.lane.withState { $0.set(run.ledger.accounts[connection.hello.node], at: connection.place) }
        }
    }

    /// The lanes take no more frames of the run. What they have is taken over.
    func closeLanes() {
        for lane in lanes {
            lane.withState { state in
                takeOver(&state)
                state.endRun()
            }
        }
    }

    /// Does something with the run while no lane takes a frame and all is taken over, and tells the lanes how it stands then.
    func whileLanesPause(_ run: ActiveRun, _ body: () -> Void) {
        for lane in lanes {
            lane.withState { state in
                takeOver(&state)
                state.isPaused = true
            }
        }
        body()
        for lane in lanes {
            lane.withState { state in
                if state.run != nil { state.run = run.laneRun }
                state.isPaused = false
            }
            lane.call()
        }
    }
}
