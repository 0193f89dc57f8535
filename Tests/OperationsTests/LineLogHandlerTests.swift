import Foundation
import Logging
import Synchronization
import Testing
import Tweets

@testable import Operations

@Suite("Log lines")
struct LineLogHandlerTests {
    private func lines(
        _ format: LineLogHandler.Format,
        level: LogLevel = LogLevel(.info),
        _ body: (Logger) -> Void
    ) -> String {
        let written = Written()
        let logger = Logger(label: "bridge") { label in
            LineLogHandler(
                label: label,
                format: format,
                level: level,
                now: { Instant(milliseconds: 1_500_000_000_123) },
                write: { written.append($0) }
            )
        }
        body(logger)
        return written.text
    }

    private final class Written: Sendable {
        private let storage = Mutex("")
        func append(_ text: String) { storage.withLock { $0 += text } }
        var text: String { storage.withLock { $0 } }
    }

    @Test("text lines keep to one line and quote what has spaces")
    func text() {
        let text = lines(.text) {
            $0.info("Connected.", metadata: ["b": "two words", "a": "x\ny"])
            $0.debug("unseen")
        }
        #expect(text == "2017-07-14T02:40:00.123Z info    bridge: Connected. a=x\\ny b=\"two words\"\n")
    }

    @Test("the level changes for loggers that are there already, but not for one that has its own")
    func level() {
        let level = LogLevel(.info)
        let text = lines(.text, level: level) { logger in
            var quiet = logger
            quiet.logLevel = .error
            logger.debug("one")
            level.current = .debug
            logger.debug("two")
            quiet.debug("three")
            level.current = level.configured
            logger.debug("four")
        }
        #expect(text.contains("two"))
        #expect(!text.contains("one") && !text.contains("three") && !text.contains("four"))
    }

    @Test("JSON lines are JSON whatever the values hold")
    func json() throws {
        let text = lines(.json) { $0.warning("A \"quote\"", metadata: ["k": "\u{1}\\\n"]) }
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: String]
        #expect(object?["message"] == "A \"quote\"")
        #expect(object?["k"] == "\u{1}\\\n")
        #expect(object?["level"] == "warning")
    }
}
