"""Reads a topic from its beginning to its end with confluent-kafka, as DownstreamTests compares it.

Usage: reader.py brokers topic; one line a record: partition, offset, key, the value's size (-1 for none), value.
"""

import sys

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition

brokers, topic = sys.argv[1:]
consumer = Consumer(
    {
        "bootstrap.servers": brokers,
        "group.id": "reader",
        "enable.auto.commit": False,
        "enable.partition.eof": True,
        "isolation.level": "read_committed",
    }
)
partitions = consumer.list_topics(topic, timeout=30).topics[topic].partitions
consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in partitions])
unread = set(partitions)
while unread:
    message = consumer.poll(30)
    if message is None:
        sys.exit(f"nothing came for 30 s from partitions {unread}")
    if message.error():
        if message.error().code() != KafkaError._PARTITION_EOF:
            sys.exit(str(message.error()))
        unread.discard(message.partition())
        continue
    value = message.value()
    size = -1 if value is None else len(value)
    print(message.partition(), message.offset(), message.key().decode(), size, (value or b"").decode())
consumer.close()
