import Settings
import StreamClient

extension StreamRequest.Authorization {
    /// Reads the credentials, from their files again at every attempt.
    static func read(
        _ credentials: StreamSettings.Credentials
    ) throws(SecretSource.Unreadable) -> StreamRequest.Authorization {
        switch credentials {
        case .basic(let username, let password):
            .basic(username: username, password: try password.read().reveal { $0 })
        case .bearer(let token):
            .bearer(try token.read().reveal { $0 })
        }
    }
}
