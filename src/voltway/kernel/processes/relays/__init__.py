"""The outbox at a broker: NATS JetStream, RabbitMQ, Kafka. `choose_relay` takes the one that the bus's URL means."""
