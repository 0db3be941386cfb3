/** Every service, in the order of the local ports; the graph in each `service.yaml` says who may call whom. */
export const serviceNames = ['gateway', 'auth', 'user', 'workspace', 'booking', 'payment', 'notification', 'reporting', 'admin'] as const
export type ServiceName = (typeof serviceNames)[number]
