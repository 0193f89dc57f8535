import Kafka

extension KafkaErrorCode {
    /// Whether ACLs forbid what was asked for: waiting does not help, somebody must allow it.
    var isRefusal: Bool {
        [
            .topicAuthorizationFailed, .groupAuthorizationFailed, .clusterAuthorizationFailed,
            .transactionalIDAuthorizationFailed,
        ].contains(self)
    }
}

extension KafkaError {
    /// The error, and where ACLs forbid what was asked for, what somebody must allow.
    ///
    /// - Parameter user: Who asked; nil where any role may have.
    func granting(_ user: AccessTable.User? = nil) -> String {
        guard code.isRefusal else { return "\(self)" }
        let command = user.map { "'decahose topics acls \($0.rawValue)' prints what is needed" }
        return "\(self). Grant it; \(command ?? "'decahose topics acls' prints what each role needs")"
    }

    /// The error of something about control, in words for whoever can allow it.
    func aboutControl(_ topic: String, _ operation: String) -> String {
        code.isRefusal
            ? "Kafka does not let this user \(operation) \(topic): \(granting())"
            : "\(topic) cannot be \(operation == "read" ? "read" : "written"): \(self)"
    }
}
