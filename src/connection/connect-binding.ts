/**
 * Handles that connect: beside `stream-binding.ts` what `net.connect` is built on, and no more public.
 * `dialling-self-test.ts` tries it before it is used.
 */
import { quietly, type StreamHandle } from "./stream-binding.ts";

/** A connect that goes on behind the call. */
export interface ConnectRequest {
  /** Called with the request as `this`; `status` below 0 is an error of the system. */
  oncomplete?: (status: number) => void;
  /** Ours: whom to tell. */
  dial?: unknown;
}

/** Calls answer 0, or an error of the system below 0, and throw for arguments of other types, or end the process. */
export interface ConnectingHandle extends StreamHandle {
  /** Closed meanwhile, the request completes with an error all the same. */
  connect(request: ConnectRequest, path: string): number;
  /** TCP: IPv4. */
  connect(request: ConnectRequest, host: string, port: number): number;
  /** TCP only: IPv6. */
  connect6(request: ConnectRequest, host: string, port: number): number;
}

export interface ConnectBinding {
  readonly Pipe: new (type: number) => ConnectingHandle;
  readonly TCP: new (type: number) => ConnectingHandle;
  readonly PipeConnectWrap: new () => ConnectRequest;
  readonly TCPConnectWrap: new () => ConnectRequest;
  /** What `Pipe` is made with. */
  readonly pipeSocket: number;
  /** What `TCP` is made with. */
  readonly tcpSocket: number;
}

type Found = Readonly<Record<string, unknown>>;

/** Loads it from the running Node. Throws an Error that says what is missing. */
export function loadConnectBinding(): ConnectBinding {
  const { binding } = process as unknown as { binding?: (name: string) => Found };
  if (typeof binding !== "function") throw new Error("this runtime has no process.binding");
  const [pipe, tcp] = quietly(() => [binding.call(process, "pipe_wrap"), binding.call(process, "tcp_wrap")] as const);
  const found = {
    Pipe: madeBy(pipe, "Pipe", "connect"),
    TCP: madeBy(tcp, "TCP", "connect", "connect6", "setNoDelay"),
    PipeConnectWrap: madeBy(pipe, "PipeConnectWrap"),
    TCPConnectWrap: madeBy(tcp, "TCPConnectWrap"),
    pipeSocket: socketType(pipe),
    tcpSocket: socketType(tcp),
  };
  return found as unknown as ConnectBinding;
}

/** The class of that name, with these methods. */
function madeBy(found: Found, name: string, ...methods: readonly string[]): unknown {
  const made = found[name];
  if (typeof made !== "function") throw new Error(`this Node has no handles ${name} that are known`);
  const { prototype } = made as { readonly prototype: Found };
  const missing = methods.find((method) => typeof prototype[method] !== "function");
  if (missing !== undefined) throw new Error(`the handles ${name} of this Node have no ${missing}`);
  return made;
}

function socketType({ constants }: Found): number {
  const { SOCKET } = constants as { readonly SOCKET?: unknown };
  if (typeof SOCKET !== "number") throw new Error("the stream handles of this Node are of types that are not known");
  return SOCKET;
}
