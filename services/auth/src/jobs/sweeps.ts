/**
 * auth's time-driven work, on real time. Late key rotation harms nobody: the present key signs on, and a next one is
 * always published long before it signs. Late deletion keeps rows that every reader refuses by their expiry.
 */
export function listSweeps(deps: { rotateKeys: () => Promise<void>; deleteExpired: () => Promise<void> }) {
  return [
    { name: 'rotate-signing-keys', everySeconds: 60, timeLimitSeconds: 30, run: deps.rotateKeys },
    { name: 'delete-expired', everySeconds: 600, timeLimitSeconds: 120, run: deps.deleteExpired },
  ]
}
