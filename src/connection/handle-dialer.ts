/**
 * Connecting by a bare handle: what `net.connect` does for a path or an IP address, without the socket around it.
 * Names have to be looked up, and their addresses tried in turn: that stays `net`'s, as does TLS.
 */
import { isIP } from "node:net";
import { getSystemErrorName } from "node:util";
import { abstractPath } from "./abstract-listener.ts";
import { type AbstractAddress, type Address, formatAddress, type TcpAddress, type UnixAddress } from "./address.ts";
import {
  type ConnectBinding,
  type ConnectingHandle,
  type ConnectRequest,
  loadConnectBinding,
} from "./connect-binding.ts";
import { DialledTransport } from "./dialled-transport.ts";
import { connectFailed, type Dialling } from "./dialling.ts";

/** What a handle can connect to. */
export type HandleAddress = TcpAddress | UnixAddress | AbstractAddress;

/** The family of a handle. */
export type HandleKind = "pipe" | "tcp";

/** Which handle connects to an address; undefined: none does. */
export function handleKindOf(address: Address): HandleKind | undefined {
  if (address.kind === "unix" || address.kind === "abstract") return "pipe";
  if (address.kind !== "tcp" || isIP(address.host) === 0) return undefined;
  // Deep in Node anything else would end the process.
  return Number.isInteger(address.port) && address.port >= 0 && address.port <= 65_535 ? "tcp" : undefined;
}

/** Made when it is first needed. */
let binding: ConnectBinding | undefined;

/**
 * Connects to an address that has a `handleKindOf`. The answered function gives up, and then nobody is told. Undefined:
 * the system has refused at once, and `net` shall say why.
 */
export function openByHandle(address: HandleAddress, dialling: Dialling): (() => void) | undefined {
  binding ??= loadConnectBinding();
  const isTcp = address.kind === "tcp";
  const path = isTcp ? "" : pathOf(address);
  const request = isTcp ? new binding.TCPConnectWrap() : new binding.PipeConnectWrap();
  const handle = isTcp ? new binding.TCP(binding.tcpSocket) : new binding.Pipe(binding.pipeSocket);
  const dial = new HandleDial(address, handle, dialling);
  request.dial = dial;
  request.oncomplete = onConnected;
  const fault = isTcp ? connectTcp(handle, request, address) : handle.connect(request, path);
  if (fault < 0) {
    handle.close();
    return undefined;
  }
  return () => dial.giveUp();
}

function connectTcp(handle: ConnectingHandle, request: ConnectRequest, { host, port }: TcpAddress): number {
  return isIP(host) === 4 ? handle.connect(request, host, port) : handle.connect6(request, host, port);
}

class HandleDial {
  private readonly address: HandleAddress;
  private readonly handle: ConnectingHandle;
  private readonly dialling: Dialling;
  private isOver = false;

  constructor(address: HandleAddress, handle: ConnectingHandle, dialling: Dialling) {
    this.address = address;
    this.handle = handle;
    this.dialling = dialling;
  }

  giveUp(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.handle.close();
  }

  onConnected(status: number): void {
    if (this.isOver) return;
    this.isOver = true;
    const { address, handle, dialling } = this;
    if (status < 0) {
      handle.close();
      dialling.onFail(connectFailed(address, connectError(address, status)));
      return;
    }
    handle.setNoDelay?.(true);
    dialling.onOpen(new DialledTransport(handle, { name: formatAddress(address), port: 0 }));
  }
}

function onConnected(this: ConnectRequest, status: number): void {
  (this.dial as HandleDial).onConnected(status);
}

function pathOf(address: UnixAddress | AbstractAddress): string {
  return address.kind === "unix" ? address.path : abstractPath(address);
}

/** As `net` makes it. */
function connectError(address: HandleAddress, errno: number): NodeJS.ErrnoException {
  const code = getSystemErrorName(errno);
  const syscall = "connect";
  if (address.kind === "tcp") {
    const { host, port } = address;
    const where = port > 0 ? `${host}:${port}` : host;
    const known = { errno, code, syscall, address: host };
    return Object.assign(new Error(`connect ${code} ${where}`), port > 0 ? { ...known, port } : known);
  }
  const path = pathOf(address);
  return Object.assign(new Error(`connect ${code} ${path}`), { errno, code, syscall, address: path });
}
