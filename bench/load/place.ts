/** Where a backend listens, as Node's `connect` and `listen` take it. */

/** `socket`: a path, or `host:port`. */
export function placeOf(socket: string): { path: string } | { host: string; port: number } {
  if (socket.startsWith("/")) return { path: socket };
  const colon = socket.lastIndexOf(":");
  return { host: socket.slice(0, colon), port: Number(socket.slice(colon + 1)) };
}
