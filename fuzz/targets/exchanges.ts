/** Plugins that use an exchange in any way, or take its connection over, and peers of any kind. */
import type { Plugin } from "../../src/handler/index.ts";
import { Server } from "../../src/server/index.ts";
import { concat, packetOf, varsBlock } from "../../test/helpers/wire.ts";
import { Choices } from "../inputs/choices.ts";
import { judgeEnd } from "../sequences/judge.ts";
import { makeBody, playPeer, type Request, until } from "../sequences/peer.ts";
import { PeerTransport } from "../sequences/peer-transport.ts";
import { RawPlay, rawPlugin } from "../sequences/raw-plugin.ts";
import { noteStrays } from "../sequences/stray.ts";
import { mustHold, type Target } from "../target.ts";
import { mustBeOver, serverLimits } from "./sequences.ts";

/** Changes the plugin under test; for the tests of this target. */
export type ChangePlugin = (plugin: Plugin) => Plugin;

const MODIFIER = 123;

export function exchangeTarget(change: ChangePlugin = (plugin) => plugin): Target {
  noteStrays();
  return {
    name: "exchanges",
    share: 2,
    makeInput: (random) => random.bytes(random.below(70)),
    check: (input) => checkExchange(change, input),
  };
}

function makeRequest(choices: Choices): Request & { readonly vars: string } {
  const vars: Record<string, string> = { NAME: `${choices.byte()}`.repeat(choices.byte()) };
  const body = makeBody(choices.pick([0, 5, 3_000, 70_000]));
  const missing = choices.pick([0, 0, 1]);
  return {
    method: "",
    packet: packetOf(varsBlock(Object.entries(vars)), MODIFIER),
    body,
    announced: body.length + missing,
    isSound: true,
    isBodyWhole: missing === 0,
    vars: JSON.stringify(vars),
  };
}

/** The first byte says how many are the peer's; the others are the plugin's. */
async function checkExchange(change: ChangePlugin, input: Uint8Array): Promise<void> {
  const split = 1 + (Math.min(input[0] ?? 0, input.length) % 32);
  const choices = new Choices(input.subarray(1, split));
  const script = new Choices(input.subarray(split));
  const play = new RawPlay();
  const request = makeRequest(choices);
  const plugin = change(rawPlugin(MODIFIER, script, play, request.announced));
  const server = new Server({ plugins: [plugin], ...serverLimits });
  const transport = new PeerTransport(choices.once(2), !choices.once(4));
  server.adopt(transport);
  const activity = (): number => transport.activity + script.taken;
  const peer = await playPeer(choices, request, transport, activity);
  await until(() => play.running === 0, activity);
  await mustBeOver(server, transport);
  mustHold(play.calls <= 1 && play.running === 0, "a plugin is called once, and not left waiting", () => play);
  if (play.left !== "upgrade") judgeEnd(request, transport, play.isBodyExpected);
  judgeBytes(request, play, transport, peer.wasPatient);
}

function judgeBytes(
  request: ReturnType<typeof makeRequest>,
  play: RawPlay,
  transport: PeerTransport,
  wasPatient: boolean,
): void {
  const { output } = transport;
  mustHold(
    play.looks.every((vars) => vars === request.vars),
    "the vars of a packet stay as they are, however late they are looked at",
    () => [request.vars, play.looks],
  );
  mustHold(
    output.equals(play.sent.subarray(0, output.length)),
    "what is written leaves byte for byte, in its order",
    () => [output.length, play.sent.length],
  );
  if (transport.closedBy === "end") {
    mustHold(output.length === play.sent.length, "what is ended has left whole", () => [
      output.length,
      play.sent.length,
    ]);
  }
  const received = Buffer.from(concat(play.received));
  mustHold(
    received.equals(request.body.subarray(0, received.length)),
    "what follows a packet is read byte for byte, in its order",
    () => [received.length, request.body.length],
  );
  if (!wasPatient) return;
  mustHold(
    (!play.hasReadAll && !play.hasStreamed) || received.length === request.body.length,
    "what follows a packet is read to its end",
    () => [received.length, request.body.length],
  );
  mustHold(transport.closedBy !== undefined, "an exchange that was left is ended, or broken off", () => play.left);
  if (play.left === "end") mustHold(transport.closedBy === "end", "an end is one", () => transport.closedBy);
}
