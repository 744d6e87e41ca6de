import Testing

/// The built executables on the real kernel and a real Docker engine. One test after another, because each measures and would see the load of the others.
@Suite(.serialized) struct IntegrationTests {}
