import Glibc
import LibFuzzer

/// The whole main function of a fuzzer.
public enum FuzzDriver {
    /// Hands the command line to libFuzzer, which calls `test` with each input; a trap in it is a finding.
    public static func run(_ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt) -> Never {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        exit(LLVMFuzzerRunDriver(&count, &arguments, test))
    }
}
