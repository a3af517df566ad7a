//! Other queues of messages: AMQP, SQS, Pub/Sub, NATS.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "message queues",
    area: AreaKind::Messages,
    is_general: true,
    marks: &[
        Mark::by_line("consumers", &["**/*.{java,kt,scala}"], r"^\s*@(RabbitListener|JmsListener|SqsListener)\b"),
        Mark::by_line("consumers", &["**/*.py"], r"^\s*(from|import) (pika|aio_pika|kombu|dramatiq|rq|huey|nats)\b|\bgoogle\.cloud import pubsub"),
        Mark::by_line("consumers", &["**/*.{js,ts,mjs,cjs}"], r"\b(from|require\()\s*.(amqplib|@aws-sdk/client-sqs|@google-cloud/pubsub|nats)\b"),
        Mark::by_line("consumers", &["**/*.go"], r"(rabbitmq/amqp091-go|streadway/amqp|aws-sdk-go(-v2)?/service/sqs|nats-io/nats\.go|hibiken/asynq|riverqueue/river)"),
        Mark::by_line("consumers", &["**/*.cs"], r"\bRabbitMQ\.Client\b|\bMassTransit\b|\bAzure\.Messaging\.ServiceBus\b"),
    ],
};
