/** A front end with our server behind it, shared by all cases of the smoke list. */
import { chmodSync } from "node:fs";
import type { Address } from "../../../src/connection/index.ts";
import { serve, type ServeOptions, type WsgiFunction } from "../../../src/index.ts";
import { type Certificates, makeCertificates } from "../../helpers/certificates.ts";
import type { FrontEndProcess } from "../../helpers/front-end-process.ts";
import { type TempFolder, tempFolder } from "../../helpers/temp-folder.ts";

export type FrontEndName = "nginx" | "Apache" | "lighttpd" | "uWSGI's router";

/** What the front end and the server have between them. */
export type Over = "a unix socket" | "TCP" | "TLS";

/** One row: a front end, and how it reaches the server. */
export interface FrontEnd {
  readonly name: FrontEndName;
  readonly over: Over;
  /** What else is particular about this row, for titles. */
  readonly how?: string;
  /** What it needs on the machine. */
  readonly programs: readonly string[];
  /** True when it passes a body on as it comes, false when it collects it first. */
  readonly streamsUploads: boolean;
  /** Starts it in front of a server; `certificates` are there over TLS. */
  readonly start: (to: Address, certificates?: Certificates) => Promise<FrontEndProcess>;
}

export interface SmokeStack {
  readonly frontEnd: FrontEnd;
  /** Where the front end listens on 127.0.0.1. */
  readonly port: number;
  /** Called for every request; each case sets its own. */
  application: WsgiFunction;
  /** What the server has logged as errors since the case began. */
  readonly errors: string[];
  errorLog(): Promise<string>;
  stop(): Promise<void>;
}

/** For deadlines that no case is about. */
const SLOW_MACHINE_MS = 40_000;

/** Where the server listens. */
const sockets: Readonly<Record<Over, (folder: TempFolder) => string>> = {
  "a unix socket": (folder) => folder.file("app.sock"),
  TCP: () => "127.0.0.1:0",
  TLS: () => "suwsgi://127.0.0.1:0",
};

/** Starts a server in this process and the front end before it. `options` are the server's. */
export async function startSmokeStack(frontEnd: FrontEnd, options: Partial<ServeOptions> = {}): Promise<SmokeStack> {
  const folder = tempFolder();
  // Apache started by root serves as somebody else, who must get to the socket.
  chmodSync(folder.path, 0o711);
  let application: WsgiFunction = () => {
    throw new Error("a request outside of all cases");
  };
  const errors: string[] = [];
  const certificates = frontEnd.over === "TLS" ? await makeCertificates() : undefined;
  const server = await serve((environ, startResponse) => application(environ, startResponse), {
    socket: sockets[frontEnd.over](folder),
    ...(frontEnd.over === "a unix socket" ? { mode: 0o666 } : {}),
    // What a failed case leaves running is cut.
    graceMs: 1_000,
    // 256 handshakes at once take their time on a busy machine.
    headerTimeoutMs: SLOW_MACHINE_MS,
    log: { errors: { write: (line) => errors.push(line) } },
    ...(certificates === undefined ? {} : { tls: tlsOf(certificates) }),
    ...options,
  });
  const closeServer = async (): Promise<void> => {
    await server.close();
    folder[Symbol.dispose]();
    certificates?.[Symbol.dispose]();
  };
  let process: FrontEndProcess;
  try {
    process = await frontEnd.start(server.addresses[0] as Address, certificates);
  } catch (error) {
    await closeServer();
    throw error;
  }
  return {
    frontEnd,
    port: process.port,
    set application(next: WsgiFunction) {
      application = next;
    },
    errors,
    errorLog: () => process.errorLog(),
    stop: async () => {
      await process.stop();
      await closeServer();
    },
  };
}

/** The server shows its certificate and asks for the front end's. */
function tlsOf({ ca, server }: Certificates): NonNullable<ServeOptions["tls"]> {
  return { cert: server.cert, key: server.key, ca: ca.cert };
}
