import NIOCore

/// Closes a stream whose client has closed its half: a killed client is noticed at once, not at the next heartbeat.
final class HalfClosureHandler: ChannelInboundHandler, Sendable {
    typealias InboundIn = Any

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent {
            context.close(promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }
}
