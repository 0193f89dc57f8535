import Testing

/// Everything over loopback, one after another: the streams run in real time, and two at once would starve each other.
@Suite("The simulator over loopback", .serialized)
enum LoopbackTests {}
