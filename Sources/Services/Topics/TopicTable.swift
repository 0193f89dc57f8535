import Tweets

/// A plan as text: a line a topic, the settings, and the disk.
enum TopicTable {
    /// The topics with their disk, and a total.
    static func text(_ plan: TopicPlan, forecast: DiskForecast, load: DiskForecast.Load) -> String {
        let rows = plan.topics.map { topic in
            [
                topic.name,
                "\(topic.partitionCount)",
                "\(topic.replicationFactor)",
                topic.retention.map(duration) ?? "compacted",
                forecast.bytesByTopic[topic.name].map(bytes) ?? "little",
                topic.purpose,
            ]
        }
        let table = lines([["TOPIC", "PARTITIONS", "REPLICAS", "KEPT", "DISK", "WHAT IT HOLDS"]] + rows)
        let size = Int(load.bytesPerTweet)
        return table + """
            Disk, all replicas, at \(number(load.tweetsPerSecond)) Tweets/s of \(size) bytes, compressed \
            \(number(load.compressionRatio)) to 1, from \(load.connections) connections: \
            at most \(bytes(forecast.totalBytes)).

            """
    }

    /// Every setting of every topic.
    static func settings(_ plan: TopicPlan) -> String {
        plan.topics.map { topic in
            topic.name + "\n" + topic.settings.map { "    \($0.name)=\($0.value)\n" }.joined()
        }.joined()
    }

    /// A number of bytes with a unit, two digits.
    static func bytes(_ bytes: Double) -> String {
        var value = bytes
        var unit = "B"
        for larger in ["KiB", "MiB", "GiB", "TiB", "PiB"] where value >= 1024 {
            value /= 1024
            unit = larger
        }
        return "\(number(value)) \(unit)"
    }

    private static func duration(_ duration: Duration) -> String {
        let hours = duration.milliseconds / 3_600_000
        return hours % 24 == 0 ? "\(hours / 24)d" : "\(hours)h"
    }

    /// Below ten with one digit behind the point, else without.
    private static func number(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        if tenths >= 100 || tenths % 10 == 0 { return "\(Int(value.rounded()))" }
        return "\(tenths / 10).\(tenths % 10)"
    }

    private static func lines(_ rows: [[String]]) -> String {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                line += column == row.count - 1 ? cell : cell.padded(to: widths[column] + 2)
            }
            return line + "\n"
        }.joined()
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
