import Testing

/// The built executables on the real kernel and a real Docker engine. One test after another; Tests/Lab/beside.sh runs
/// several processes of them beside each other. They aren't run beside each other within one, as some block its few threads, and children inherit descriptors.
@Suite(.serialized) struct IntegrationTests {}
