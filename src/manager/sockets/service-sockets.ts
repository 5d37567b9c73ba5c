/** The sockets of a service by its options, and what the log says of them. */
import { type Address, type ListenOptions, queueLength } from "../../connection/index.ts";
import type { ManagerLog } from "../master/manager-log.ts";
import { Sockets } from "./sockets.ts";

/** What of the options is for listening. */
const names = ["backlog", "mode", "owner", "group", "recreate", "allow", "insecure", "transport", "tls"] as const;

/** `onReplaced`: workers have a socket that nobody reaches any more. Rejects as `Sockets.bind`. */
export function bindSockets(
  addresses: readonly Address[],
  options: ListenOptions,
  log: Pick<ManagerLog, "write">,
  onReplaced: () => void,
): Promise<Sockets> {
  const given: Partial<Record<(typeof names)[number], unknown>> = {};
  for (const name of names) if (options[name] !== undefined) given[name] = options[name];
  return Sockets.bind(addresses, {
    ...(given as ListenOptions),
    onLost: (name, how, isRecreated) => {
      const then = isRecreated ? "bound anew: new workers listen there" : "nobody can connect any more";
      log.write(isRecreated ? "warn" : "error", "socket", `${name} was ${how}: ${then}`);
    },
    onError: (name, error) => log.write("error", "socket", `${name}: ${error.message}`),
    onReplaced,
  });
}

/** Connections that wait in the longest queue; undefined where no system tells. */
export function queueOf(sockets: Sockets): number | undefined {
  const lengths = sockets.list.map(({ fd }) => queueLength(fd)).filter((length) => length !== undefined);
  return lengths.length === 0 ? undefined : Math.max(...lengths);
}
