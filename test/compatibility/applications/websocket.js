/** A WebSocket at /socket that sends back what comes, for any `http.Server`. */
import { WebSocketServer } from "ws";

export function echoAt(server) {
  const sockets = new WebSocketServer({ server, path: "/socket" });
  sockets.on("connection", (socket, request) => {
    socket.send(`${request.method} ${request.url} from ${request.socket.remoteAddress}`);
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
}
