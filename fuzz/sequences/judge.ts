/** What must hold of an answer, whatever application and peer have done. */
import { referenceHead } from "../reference/head.ts";
import { fixedAnswer } from "../reference/fixed-answers.ts";
import { mustHold } from "../target.ts";
import { APP_HEADER, type Play } from "./application.ts";
import type { Observed, ObservedEnd } from "./observed.ts";
import type { PeerReport, Request } from "./peer.ts";
import type { PeerTransport } from "./peer-transport.ts";

export interface Played {
  readonly request: Request;
  readonly play: Play;
  readonly peer: PeerReport;
  readonly transport: PeerTransport;
  readonly observed: Observed;
}

/** More than any head that an application here begins. */
const MOST_HEAD_BYTES = 1_024;

/** Throws a `Broken` for the first rule that does not hold. */
export function judge(played: Played): void {
  const { request, play, peer, transport, observed } = played;
  judgeEnd(request, transport, play.calls === 1 && request.isSound);
  mustHold(play.calls <= 1, "an application is called once for a request", () => play.calls);
  mustHold(play.running === 0, "no application is left waiting when its connection is closed", () => play.running);
  mustHold(play.closes === play.closable, "a body is closed exactly once", () => `${play.closes} of ${play.closable}`);
  const { output } = transport;
  const [end] = observed.ends;
  if (play.calls === 1) {
    mustHold(end !== undefined && observed.ends.length === 1, "one end is reported for each call", () => observed);
    mustHold(observed.refusals.length === 0, "a request that was served was not refused", () => observed);
    if (output.length === 0) judgeSilence(played, end);
    else judgeAnswer(played, end, output);
    return;
  }
  mustHold(observed.ends.length <= observed.refusals.length, "what was refused has one end at most", () => observed);
  const isWhole = peer.sent >= request.packet.length;
  mustHold(
    !(isWhole && request.isSound && peer.wasPatient),
    "a sound request is given to the application",
    () => observed,
  );
  mustHold(observed.refusals.length <= 1, "a connection is refused once", () => observed.refusals);
  const [status = 0] = observed.refusals;
  const expected = status === 0 ? "" : fixedAnswer(status);
  mustHold(
    output.toString("latin1") === expected,
    "what is refused is answered with fixed bytes, or not at all",
    () => [status, output.toString("latin1")],
  );
  mustHold(
    !(isWhole && !request.isSound && peer.wasPatient) || status === 400,
    "a request that is not sound is refused",
    () => status,
  );
}

/**
 * A close of both sides answers with a reset what still comes, which takes the answer with it; one side alone leaves a
 * connection to be waited for. `isKnown`: the server was told what should follow the packet.
 */
export function judgeEnd(
  { packet, announced }: Pick<Request, "packet" | "announced">,
  { ended }: PeerTransport,
  isKnown: boolean,
): void {
  if (ended === undefined) return;
  const hasAllCome = ended.sawEnd || (isKnown && ended.delivered >= packet.length + announced);
  mustHold(!ended.both || hasAllCome, "both sides are closed only when nothing more is to come", () => ended);
  mustHold(ended.both || !hasAllCome, "both sides are closed when nothing more is to come", () => ended);
}

function judgeSilence({ play, peer }: Played, end: ObservedEnd): void {
  mustHold(!peer.wasPatient, "a peer that waits is answered", () => play);
  mustHold(end.status === 0 && end.bodyBytes === 0 && !end.isComplete, "no answer is reported as none", () => end);
}

function judgeAnswer(played: Played, end: ObservedEnd, output: Buffer): void {
  const { play, peer, transport } = played;
  const isEnded = transport.closedBy === "end";
  const head = referenceHead(output.subarray(0, MOST_HEAD_BYTES));
  mustHold(typeof head === "object" && head.form === "http", "an answer begins with a whole head", () => [
    head,
    output.toString("latin1"),
  ]);
  const lengths = head.headers.filter(([name]) => name.toLowerCase() === "content-length");
  mustHold(lengths.length <= 1, "an answer has one Content-Length at most", () => lengths);
  mustHold(end.status === head.status, "the status that was sent is reported", () => [end.status, head.status]);
  mustHold(!isEnded || end.isComplete, "an answer that was ended is reported as complete", () => end);
  mustHold(isEnded || !end.isComplete || transport.isPeerGone, "an answer that is complete is ended", () => end);
  if (peer.wasPatient) mustHold(transport.closedBy !== undefined, "an answer is ended, or broken off", () => end);
  const body = output.subarray(head.byteLength);
  if (end.isComplete) {
    mustHold(end.bodyBytes === body.length, "the bytes of the body are counted", () => [end.bodyBytes, body.length]);
  }
  if (head.headers.some(([name]) => name === APP_HEADER)) {
    judgeOwn(played, end, head, body);
    return;
  }
  mustHold(
    play.fault !== undefined || hasBadLength(play) || !peer.wasPatient,
    "a sound application's own answer is sent",
    () => play,
  );
  mustHold(end.isComplete || !peer.wasPatient, "an answer of the server's own is sent whole", () => end);
  mustHold(fixedAnswer(500).startsWith(output.toString("latin1")), "a failure is answered with fixed bytes", () =>
    output.toString("latin1"),
  );
  const whole = fixedAnswer(500, played.request.method !== "HEAD");
  mustHold(
    !end.isComplete || output.length === whole.length,
    "an answer of the server's own is whole",
    () => output.length,
  );
}

/** The answer of the application: its last head, and of its chunks as much as the head allows. */
function judgeOwn(
  { request, play, peer }: Played,
  end: ObservedEnd,
  head: { readonly status: number; readonly headers: readonly (readonly [string, string])[] },
  body: Buffer,
): void {
  const given = play.head;
  mustHold(given !== undefined && given.status === head.status, "the status is the application's", () => [
    given,
    head.status,
  ]);
  const isBodyless = request.method === "HEAD" || head.status === 204 || head.status === 304;
  const headers = given.headers.filter(([name]) => head.status !== 204 || name.toLowerCase() !== "content-length");
  const { sent } = play;
  const added = head.headers.slice(headers.length);
  mustHold(
    JSON.stringify(head.headers.slice(0, headers.length)) === JSON.stringify(headers) && added.length <= 1,
    "the headers are the application's, and a length",
    () => [headers, head.headers],
  );
  const announced = head.headers.find(([name]) => name.toLowerCase() === "content-length")?.[1];
  if (isBodyless) {
    mustHold(body.length === 0, "an answer without a body has none", () => body.length);
    return;
  }
  const most = announced === undefined ? sent.length : Number(announced);
  mustHold(body.length <= most, "no byte is sent beyond Content-Length", () => [body.length, most]);
  mustHold(body.equals(sent.subarray(0, body.length)), "the body is the application's bytes in their order", () => [
    body.length,
    sent.length,
  ]);
  if (end.isComplete) {
    mustHold(body.length === most, "a complete answer has all of its bytes", () => [body.length, most]);
    mustHold(
      play.fault === undefined || announced !== undefined,
      "an answer that only its end can end is not ended when the application failed",
      () => play.fault,
    );
  }
  const isSound = play.fault === undefined && !hasBadLength(play);
  if (isSound && peer.wasPatient) mustHold(end.isComplete, "a sound application's answer is complete", () => end);
}

/** True when the lengths that the application announced are not one, or not that of its body. */
function hasBadLength({ head, sent }: Play): boolean {
  if (head === undefined) return true;
  const lengths = head.headers.filter(([name]) => name.toLowerCase() === "content-length").map(([, value]) => value);
  const [length] = lengths;
  if (length === undefined) return false;
  return lengths.length > 1 || !/^\d+$/.test(length) || Number(length) !== sent.length;
}
