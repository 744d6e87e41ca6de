import Testing

/// What must hold whatever fails, tested on the built executables while processes are killed, disks fill up and networks are cut. The tests run one after
/// another, because each loads the whole machine.
@Suite(.serialized, .faults) struct FaultTests {}
