// Imported by name, node:http would have all its exports read, and `http.WebSocket` loads all of Node's own undici: memory of
// every process for something that none of them uses.
export const { createServer, STATUS_CODES } = process.getBuiltinModule('node:http')
