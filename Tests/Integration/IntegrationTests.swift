import Testing

/// The built executables on the real kernel and a real Docker engine. One after another: each test measures, and would see the others.
@Suite(.serialized) struct IntegrationTests {}
