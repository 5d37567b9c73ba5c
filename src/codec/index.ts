/**
 * The uwsgi wire: bytes <-> packets. Pure: no import of Node's, no clock, no I/O.
 *
 * Read first: `packet.ts` (the header), `vars.ts` (the key/value block and its fast walk), then
 * `packet-decoder.ts` (streams). `packet-encoder.ts` is the way back, `response-head.ts` what comes
 * before the body of an answer, `modifiers.ts` the table of packet families, `rewrite-packet.ts` what routers change.
 * Not here: what the vars mean (`environ`), and sockets (`connection`).
 */
export { decodeArray } from "./array.ts";
export { describeBytes } from "./describe-bytes.ts";
/** @internal For `environ`. */
export { emptyDictionary, shapedDictionary } from "./dictionary.ts";
/** @internal For `environ`. */
export { KeyLayouts } from "./key-layouts.ts";
export { isFieldValue, isLengthValue, trimValue } from "./header-value.ts";
export { type DecodeLimits, HEADER_BYTES } from "./limits.ts";
export { readLatin1 } from "./latin1.ts";
export { type Modifier, type ModifierStatus, modifiers, type PayloadKind } from "./modifiers.ts";
export { decodePacket, type Packet } from "./packet.ts";
export { PacketDecoder } from "./packet-decoder.ts";
export { encodePacket, type PacketInit, type Text, type VarsInit } from "./packet-encoder.ts";
export { type PreparedEncoder, prepareEncoder, type PrepareInit } from "./prepared-encoder.ts";
export { reasons } from "./reasons.ts";
export {
  checkHeader,
  checkStatus,
  decodeResponseHead,
  encodeResponseHead,
  formatResponseHead,
  type Header,
  type ResponseHead,
  type ResponseHeadInit,
  type ResponseHeadLimits,
} from "./response-head.ts";
export { type PacketRewrite, rewritePacket, type VarChanges } from "./rewrite-packet.ts";
export { isToken } from "./token.ts";
export { decodeVars, type Vars } from "./vars.ts";
export { LimitError, ProtocolError } from "../errors.ts";
