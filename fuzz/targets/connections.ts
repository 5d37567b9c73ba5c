/** Any bytes to a server: nothing comes back, or one answer out of few. */
import type { Handler, Plugin } from "../../src/handler/index.ts";
import { pingPlugin } from "../../src/plugins/index.ts";
import { httpPlugin, Server } from "../../src/server/index.ts";
import { readCorpus } from "../inputs/corpus.ts";
import { PacketMutator } from "../inputs/mutate.ts";
import { hashOf, Random } from "../inputs/random.ts";
import { referenceEnviron } from "../reference/environ.ts";
import { fixedAnswer } from "../reference/fixed-answers.ts";
import { referencePacket } from "../reference/packet.ts";
import { observe, stopObserving } from "../sequences/observed.ts";
import { until } from "../sequences/peer.ts";
import { PeerTransport } from "../sequences/peer-transport.ts";
import { noteStrays } from "../sequences/stray.ts";
import { mustHold, type Target } from "../target.ts";
import { withDatasize } from "./packets.ts";
import { mustBeOver, serverLimits } from "./sequences.ts";

/** Makes the plugin under test for requests; another one in the tests of this target. */
export type MakePlugin = (handler: Handler) => Plugin;

const APP_HEAD = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
const refusals = new Set([400, 411, 413, 431].map((status) => fixedAnswer(status)));

const handler: Handler = () => ({ status: 200, headers: [], body: "ok" });

export function connectionTarget(makePlugin: MakePlugin = httpPlugin): Target {
  noteStrays();
  const mutator = new PacketMutator(readCorpus());
  return {
    name: "connections",
    share: 2,
    makeInput: (random) => (random.once(4) ? random.bytes(random.below(64)) : mutator.makeAny(random)),
    check: (input) => checkConnection(makePlugin, input),
    repair: withDatasize,
  };
}

async function checkConnection(makePlugin: MakePlugin, input: Uint8Array): Promise<void> {
  const random = new Random(hashOf(input), 0, 0);
  const server = new Server({ plugins: [makePlugin(handler), pingPlugin()], ...serverLimits });
  const observed = observe(server);
  try {
    const transport = new PeerTransport(random.once(2), random.once(2));
    server.adopt(transport);
    sendAll(transport, input, random);
    await until(
      () => transport.isClosed,
      () => transport.activity,
    );
    await mustBeOver(server, transport);
    const { ends, errors, refusals: refused } = observed;
    mustHold(errors.length === 0, "no failure is reported of an application that has none", () => errors.map(String));
    mustHold(ends.length <= 1 && refused.length <= 1, "a connection is served or refused, once", () => observed);
    mustBeExpected(transport.output.toString("latin1"), expectedFor(input));
  } finally {
    stopObserving(server);
  }
}

function sendAll(transport: PeerTransport, input: Uint8Array, random: Random): void {
  let at = 0;
  for (let pieces = random.below(6); pieces > 0 && at < input.length && !transport.isClosed; pieces--) {
    const size = random.below(random.once(2) ? 8 : input.length + 1);
    if (size > 0) transport.send(input.subarray(at, at + size));
    at += size;
  }
  if (at < input.length) transport.send(input.subarray(at));
  transport.sendEnd();
}

type Expected = "nothing" | "a refusal" | "the application's" | "the application's head" | "a pong";

/** What the rules say comes back. */
function expectedFor(input: Uint8Array): Expected {
  const [modifier1] = input;
  if (input.length < 4 || (modifier1 !== 0 && modifier1 !== 100)) return "nothing";
  const packet = referencePacket(input, 0, 65_535, 1_000);
  if (modifier1 === 100) return packet.kind === "packet" ? "a pong" : "nothing";
  if (packet.kind !== "packet" || !Array.isArray(packet.vars)) return "a refusal";
  const pairs = packet.vars.map(({ nameStart, nameEnd, valueStart, valueEnd }): [string, string] => [
    Buffer.from(input.subarray(nameStart, nameEnd)).toString("latin1"),
    Buffer.from(input.subarray(valueStart, valueEnd)).toString("latin1"),
  ]);
  const environ = referenceEnviron({ pairs, duplicates: "join", trusted: [] });
  if (typeof environ === "string") return "a refusal";
  const length = environ.get("CONTENT_LENGTH") ?? "";
  const encoding = environ.get("HTTP_TRANSFER_ENCODING") ?? "";
  if (length === "" && encoding !== "" && encoding !== "identity") return "a refusal";
  if (!/^\d*$/.test(length) || Number(length) > Number.MAX_SAFE_INTEGER) return "a refusal";
  return environ.get("REQUEST_METHOD") === "HEAD" ? "the application's head" : "the application's";
}

function mustBeExpected(output: string, expected: Expected): void {
  const isSo =
    expected === "a refusal"
      ? refusals.has(output)
      : output ===
        {
          nothing: "",
          "the application's": `${APP_HEAD}ok`,
          "the application's head": APP_HEAD,
          "a pong": "d\0\0\x01",
        }[expected];
  mustHold(isSo, "any bytes are answered with what the rules say, once", () => [expected, output]);
}
