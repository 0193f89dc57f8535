import Synchronization

/// What a role tells about itself over HTTP; services write it, the status server only reads.
public final class StatusBoard: Sendable {
    /// A document that is made when somebody asks.
    public struct Document: Sendable {
        /// Its media type.
        public var contentType: String
        /// Its bytes; called on the server's tasks, must be short and never block.
        public var body: @Sendable () -> [UInt8]

        /// A document from its parts.
        public init(contentType: String, body: @escaping @Sendable () -> [UInt8]) {
            self.contentType = contentType
            self.body = body
        }
    }

    /// The answer to a request that changes something.
    public struct Answer: Sendable {
        /// The HTTP status.
        public var status: Int
        /// The JSON text of the body.
        public var json: String

        /// An answer from its parts.
        public init(status: Int, json: String) {
            self.status = status
            self.json = json
        }
    }

    /// Something that a POST can do; the server has checked the token.
    public typealias Action = @Sendable (_ body: [UInt8]) async -> Answer

    private struct State {
        var documents: [String: Document] = [:]
        var feeds: [String: Document] = [:]
        var actions: [String: Action] = [:]
        var problems: [String: String] = ["start": "starting"]
    }

    private let state = Mutex(State())

    /// An empty board; the role is not ready until ``isStarted()`` was called.
    public init() {}

    /// Shows JSON at a path such as `/status`.
    public func show(_ path: String, json: @escaping @Sendable () -> [UInt8]) {
        show(path, Document(contentType: "application/json", body: json))
    }

    /// Shows a document at a path.
    public func show(_ path: String, _ document: Document) {
        state.withLock { $0.documents[path] = document }
    }

    /// Shows JSON at a path to whoever follows it: whole again whenever it has changed.
    public func feed(_ path: String, json: @escaping @Sendable () -> [UInt8]) {
        state.withLock { $0.feeds[path] = Document(contentType: "text/event-stream", body: json) }
    }

    /// Offers an action at a path.
    public func offer(_ path: String, _ action: @escaping Action) {
        state.withLock { $0.actions[path] = action }
    }

    /// Clears the problem that the role is only starting.
    public func isStarted() {
        setProblem("start", nil)
    }

    /// Names a reason why the role is not ready, or clears it.
    ///
    /// - Parameters:
    ///   - name: What the reason is about, for example `partition 3`.
    ///   - text: What is wrong and what to do; nil where it is right again.
    public func setProblem(_ name: String, _ text: String?) {
        state.withLock { $0.problems[name] = text }
    }

    /// The document at a path.
    public func document(at path: String) -> Document? {
        state.withLock { $0.documents[path] }
    }

    /// What can be followed at a path.
    public func feed(at path: String) -> Document? {
        state.withLock { $0.feeds[path] }
    }

    /// The action at a path.
    public func action(at path: String) -> Action? {
        state.withLock { $0.actions[path] }
    }

    /// The paths that show something, sorted.
    public var paths: [String] { state.withLock { ([String]($0.documents.keys) + $0.feeds.keys).sorted() } }

    /// Why the role is not ready, `name: text` each, sorted; empty where it is.
    public var problems: [String] {
        state.withLock { $0.problems.map { "\($0.key): \($0.value)" }.sorted() }
    }
}
