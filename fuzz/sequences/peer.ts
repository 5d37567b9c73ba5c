/** A peer that sends a request as a string of decisions says, and closes in the end, as all peers do. */
import { setImmediate } from "node:timers/promises";
import { packetOf, varsBlock, concat } from "../../test/helpers/wire.ts";
import type { Choices } from "../inputs/choices.ts";
import type { PeerTransport } from "./peer-transport.ts";

/** Turns of the event loop without any activity behind which nothing more will happen. */
const QUIET_TURNS = 6;

/** What bodies are cut from: lines, for those who read lines. */
const LINES = Uint8Array.from({ length: 70_005 }, (_, i) => (i % 7 === 6 ? 10 : 97 + (i % 26)));

/** What is sent behind a packet. */
export function makeBody(bytes: number): Uint8Array {
  return LINES.subarray(0, bytes);
}

export interface Request {
  readonly method: string;
  readonly packet: Uint8Array;
  /** What is sent behind the packet. */
  readonly body: Uint8Array;
  /** Bytes that CONTENT_LENGTH announces behind the packet; NaN where it is none. */
  readonly announced: number;
  /** True when CONTENT_LENGTH is one, and so the application is to be called. */
  readonly isSound: boolean;
  /** True when the body has all bytes that CONTENT_LENGTH announces. */
  readonly isBodyWhole: boolean;
}

/** A request: a small one, or one with a body that is short, whole or too long. */
export function makeRequest(choices: Choices): Request {
  const method = choices.once(32) ? "\u00e9" : choices.pick(["GET", "POST", "HEAD", "GET"]);
  const announced = choices.once(32) ? "x" : choices.pick(["", "5", "0", "3000", "70000"]);
  const length = Number(announced);
  const missing = choices.pick([0, 0, 1, 5, -5]);
  const bytes = Math.max(0, (Number.isNaN(length) ? 5 : length) - missing);
  const vars: [string, string][] = [
    ["REQUEST_METHOD", method],
    ["CONTENT_LENGTH", announced],
  ];
  if (choices.once(4)) vars.push(["HTTP_X_ANY", "a\n".repeat(choices.byte())]);
  return {
    method,
    packet: packetOf(varsBlock(vars)),
    body: makeBody(bytes),
    announced: length,
    isSound: !Number.isNaN(length) && method !== "\u00e9",
    isBodyWhole: bytes >= length,
  };
}

/** What a peer has done. */
export interface PeerReport {
  /** True when it sent all that it announced, and waited for the end of the answer. */
  readonly wasPatient: boolean;
  /** Bytes sent before it closed. */
  readonly sent: number;
}

/** Sends, stops and closes; settles when the connection is closed or nothing more happens. */
export async function playPeer(
  choices: Choices,
  request: Request,
  transport: PeerTransport,
  activity: () => number,
): Promise<PeerReport> {
  const isAnswered = (): boolean => transport.isFinished || transport.isClosed;
  const bytes = concat([request.packet, request.body]);
  let sent = 0;
  const send = (size: number): void => {
    const end = Math.min(bytes.length, sent + size);
    if (end > sent) transport.send(bytes.subarray(sent, end));
    sent = end;
  };
  let isGone = false;
  for (let count = choices.below(10); count > 0 && !isGone && !transport.isClosed; count--) {
    const kind = choices.below(16);
    if (kind < 5) send(1 + choices.byte());
    else if (kind < 7) send(1 + 256 * choices.byte());
    else if (kind < 11) await setImmediate();
    else if (kind < 13) transport.stopReading();
    else if (kind === 13) transport.startReading();
    else if (kind === 14) isGone = closeEarly(choices, transport);
    else if (request.packet.length > sent) send(request.packet.length - sent);
  }
  if (!isGone) {
    send(bytes.length);
    if (transport.isClosed) return { wasPatient: false, sent };
    if (!choices.once(4)) transport.startReading();
    await until(isAnswered, activity);
    transport.startReading();
    await until(isAnswered, activity);
  }
  const wasPatient = !isGone && request.isBodyWhole;
  if (!transport.isPeerGone) transport.sendEnd();
  transport.startReading();
  await until(() => transport.isClosed, activity);
  if (!transport.isClosed) transport.sendReset();
  return { wasPatient, sent };
}

/** Closes its sending side, or resets; true: it is gone. */
function closeEarly(choices: Choices, transport: PeerTransport): boolean {
  if (choices.once(2)) transport.sendReset();
  else transport.sendEnd();
  return true;
}

/** Waits until it is so, or until nothing more happens: `activity` is a number that grows with whatever does. */
export async function until(isSo: () => boolean, activity: () => number): Promise<void> {
  let seen = activity();
  for (let quiet = 0; quiet < QUIET_TURNS && !isSo(); quiet++) {
    await setImmediate();
    if (activity() === seen) continue;
    seen = activity();
    quiet = 0;
  }
}
