/// Runs the sampler on its thread. The uplink ends it, since what was sampled last is still to be sent.
struct SamplerService: Service {
    let sampler: Sampler

    func run() async throws {
        await withCheckedContinuation { continuation in
            PlainThread.startNeeded(name: "sonde-sampler") {
                sampler.run()
                continuation.resume()
            }
        }
        // The uplink stops the sampler before it is this service's turn, and to end before its turn is a fault for the group.
        try? await gracefulShutdown()
    }
}

/// Ends sampling where there is no uplink that would.
struct SamplerEnd: Service {
    let sampler: Sampler

    func run() async throws {
        try? await gracefulShutdown()
        sampler.order(.shutDown)
    }
}
