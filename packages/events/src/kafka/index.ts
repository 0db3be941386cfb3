export { readBrokerSettings, type KafkaSettings } from './client.ts'
export { createKafkaTransport, type KafkaTransportOptions } from './kafka-transport.ts'
export { applyTopics, checkTopics, type TopicPlan } from './topics.ts'
