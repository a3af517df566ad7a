//! Kafka: consumers, producers and streams.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "Kafka",
    area: AreaKind::Messages,
    is_general: false,
    marks: &[
        Mark::by_line("consumers and producers", &["**/*.{java,kt,scala,groovy}"], r"\borg\.apache\.kafka\b|@KafkaListener\b|\bKafkaTemplate\b|\borg\.springframework\.kafka\b|\bio\.confluent\.kafka\b"),
        Mark::by_line("consumers and producers", &["**/*.py"], r"\b(from|import) (kafka|confluent_kafka|aiokafka|faust)\b"),
        Mark::by_line("consumers and producers", &["**/*.{js,ts,mjs,cjs,tsx}"], r"\b(from|require\()\s*.(kafkajs|kafka-node|node-rdkafka|@confluentinc/kafka-javascript)\b"),
        Mark::by_line("consumers and producers", &["**/*.go"], r"(segmentio/kafka-go|IBM/sarama|Shopify/sarama|twmb/franz-go|confluent-kafka-go)"),
        Mark::by_line("consumers and producers", &["**/*.{rs,cs,rb,ex}"], r"\brdkafka::|\bConfluent\.Kafka\b|\bKarafka\b|\bBrod\b|\bBroadwayKafka\b"),
    ],
};
