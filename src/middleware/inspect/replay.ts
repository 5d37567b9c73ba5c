/** A recorded request as bytes of the wire, to be sent to a server again: a packet, and the body behind it. */
import { encodePacket } from "../../codec/index.ts";
import type { Recording } from "./recording.ts";
import { type Pair, redactBody } from "./redact-exchange.ts";

export interface Replay {
  readonly bytes: Uint8Array;
  /** False: there was a body, and it is not there. */
  readonly isWhole: boolean;
}

/**
 * The request of a record. Without its secrets, unless they were kept for this. Without its body, unless all of it was:
 * what is asked then is that there is none. Undefined for a request that fits no packet.
 */
export function replayOf(recording: Recording): Replay | undefined {
  const { replayVars } = recording;
  if (replayVars === undefined) return undefined;
  const body = bodyOf(recording, replayVars);
  const length = body?.length ?? 0;
  const vars = replayVars
    .filter(([name]) => name !== "HTTP_TRANSFER_ENCODING")
    .map(([name, value]): Pair =>
      name === "CONTENT_LENGTH" && Number(value) !== length ? [name, length === 0 ? "" : `${length}`] : [name, value],
    );
  try {
    const packet = encodePacket({ vars });
    return {
      bytes: body === undefined ? packet : Buffer.concat([packet, body]),
      isWhole: body !== undefined || recording.requestLength === 0,
    };
  } catch {
    // What layers above have added to an environ need be no latin-1, and the new length may be what is too much.
    return undefined;
  }
}

function bodyOf({ requestBody, requestLength, hasSecrets }: Recording, vars: readonly Pair[]): Uint8Array | undefined {
  const { beginning, bytes, isWhole } = requestBody;
  if (!isWhole || bytes !== requestLength) return undefined;
  return hasSecrets ? beginning : redactBody(beginning, typeOf(vars));
}

export function typeOf(vars: readonly Pair[]): string {
  return vars.find(([name]) => name === "CONTENT_TYPE")?.[1] ?? "";
}
