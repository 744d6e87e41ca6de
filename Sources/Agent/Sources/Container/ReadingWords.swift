import StatsCore

// Values of the columns of a container that Sonde itself has words for, encoded once.

/// A value of the column `state` that the engine has no row for.
enum ReadingState {
    static let exited = EncodedText("exited")
}

/// The two values of the column `source`.
enum ReadingSource {
    case docker, cgroup

    var text: EncodedText { self == .docker ? Self.dockerText : Self.cgroupText }

    private static let dockerText = EncodedText("docker")
    private static let cgroupText = EncodedText("cgroup")
}

extension ContainerNetwork {
    /// The value of the column `network`.
    var text: EncodedText {
        switch self {
        case .own: Self.ownText
        case .host: Self.hostText
        case .shared(let id): EncodedText("container:\(id)")
        }
    }

    private static let ownText = EncodedText("own")
    private static let hostText = EncodedText("host")
}
