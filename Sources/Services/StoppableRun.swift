import ServiceLifecycle

/// Runs a role until it ends by itself or is told to stop, be it by a graceful shutdown or because another service of the
/// process has failed.
///
/// The latter only cancels, of which a thread hears nothing: without `onStop` it would run on alone, with its status server
/// gone and deaf to signals.
func runUntilStopped(
    _ body: () async throws -> Void,
    onStop: @escaping @Sendable () -> Void
) async throws {
    try await withTaskCancellationHandler {
        try await withGracefulShutdownHandler(operation: body, onGracefulShutdown: onStop)
    } onCancel: {
        onStop()
    }
}
