import Kafka
import ModelLog

/// Who a member was at a moment, of either log.
enum Membership {
    case model(ModelGroup.Membership)
    case real(KafkaGroupMetadata)
}
