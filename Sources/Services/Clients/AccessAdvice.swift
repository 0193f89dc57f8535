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
    func granting(_ user: AccessTable.User) -> String {
        code.isRefusal ? "\(self). Grant it; 'decahose topics acls \(user.rawValue)' prints what is needed" : "\(self)"
    }

    /// The error of something about control, in words for whoever can allow it.
    func aboutControl(_ topic: String, _ operation: String) -> String {
        code.isRefusal
            ? "Kafka does not let this user \(operation) \(topic): \(self). Grant it; 'decahose topics acls' prints what each "
                + "role needs"
            : "\(topic) cannot be \(operation == "read" ? "read" : "written"): \(self)"
    }
}
