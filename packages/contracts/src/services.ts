/** Every service, in the order of the local ports; the graph in each `service.yaml` says who may call whom. */
export const serviceNames = ['gateway', 'auth', 'user', 'workspace', 'booking', 'payment', 'notification', 'reporting', 'admin'] as const
export type ServiceName = (typeof serviceNames)[number]

/** Services that handle events durably, each with dead letters of its own; a test compares this with the graph. */
export const consumingServices = ['user', 'booking', 'payment', 'notification', 'reporting'] as const satisfies readonly ServiceName[]
export type ConsumingService = (typeof consumingServices)[number]
