import Operations
import Tweets
import World

/// Cuts connections whose client has stopped reading for so long that the buffer would be full.
///
/// Such a client cannot be told: the write that would tell it waits behind the others.
struct BufferWatch: Sendable {
    let options: SimulatorOptions
    let registry: StreamRegistry
    let streams: StreamService

    /// Runs until it is cancelled.
    func run() async {
        let bytesPerSecond =
            options.world.rate / Double(streams.world.partitionCount) * Double(streams.encoder.tweetBytesMean)
        while !Task.isCancelled {
            let now = WallClock.now()
            for stream in registry.streams where options.bufferBytes > 0 && stream.target.role == .live {
                guard let since = stream.current.waitsSince else { continue }
                let seconds = Double((now - since).milliseconds) / 1000
                if seconds * bytesPerSecond > Double(options.bufferBytes) { stream.abort() }
            }
            do { try await Task.sleep(for: .milliseconds(200)) } catch { return }
        }
    }
}
