"""How bytes get from one process to another: directly, through NATS, through RabbitMQ. `connect` chooses by the URL."""
