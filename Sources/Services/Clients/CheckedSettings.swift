import Kafka
public import Settings

/// Reads the settings of a role with librdkafka's properties checked too, so that every problem is told at once.
public enum CheckedSettings {
    /// Reads them.
    ///
    /// - Parameters:
    ///   - configuration: File and environment.
    ///   - make: Makes the role's settings, for example `BridgeSettings.init`.
    /// - Throws: ``InvalidConfiguration`` with every problem of the texts, of the role, and of librdkafka's properties.
    public static func read<RoleSettings>(
        _ configuration: Configuration,
        _ make: (Configuration) throws(InvalidConfiguration) -> RoleSettings
    ) throws(InvalidConfiguration) -> RoleSettings {
        var problems: [ConfigurationProblem] = []
        var settings: RoleSettings?
        do {
            settings = try make(configuration)
        } catch {
            problems += error.problems
        }
        do {
            try ProtectedProperties.check(CommonSettings.kafkaProperties(of: configuration).properties)
        } catch {
            problems += error.problems
        }
        guard problems.isEmpty, let settings else { throw InvalidConfiguration(problems: problems) }
        return settings
    }
}
