/** Whether somebody accepts connections. */
import { once } from "node:events";
import { connect, type NetConnectOpts } from "node:net";

/** Connects, and closes at once. For who asks again and again, and has a deadline. */
export async function accepts(place: NetConnectOpts): Promise<boolean> {
  const socket = connect(place);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
