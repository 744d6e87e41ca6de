import Testing

/// What must hold whatever fails, tested on the built executables while processes are killed, disks fill up and networks are cut. The tests run one after
/// another, beside the other processes of Tests/Lab/beside.sh.
@Suite(.serialized, .faults) struct FaultTests {}
