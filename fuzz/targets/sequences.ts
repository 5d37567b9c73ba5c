/** Applications of random steps, served to peers of random steps: what comes out is an answer, or is seen to be none. */
import { wsgi } from "../../src/app/index.ts";
import type { Handler, Plugin } from "../../src/handler/index.ts";
import { httpPlugin, Server } from "../../src/server/index.ts";
import { Choices } from "../inputs/choices.ts";
import { makeApplication, Play } from "../sequences/application.ts";
import { judge } from "../sequences/judge.ts";
import { observe, stopObserving } from "../sequences/observed.ts";
import { makeRequest, playPeer, until } from "../sequences/peer.ts";
import { PeerTransport } from "../sequences/peer-transport.ts";
import { noteStrays, takeStrays } from "../sequences/stray.ts";
import { mustHold, type Target } from "../target.ts";

/** Makes the plugin under test; another one in the tests of this target. */
export type MakePlugin = (handler: Handler) => Plugin;

/** So that no server looks for limits of its own, or cuts what it should have closed. */
export const serverLimits = { graceMs: Infinity, maxConnections: 16 } as const;

export function sequenceTarget(makePlugin: MakePlugin = httpPlugin): Target {
  noteStrays();
  return {
    name: "sequences",
    share: 3,
    makeInput: (random) => random.bytes(random.below(90)),
    check: (input) => checkSequence(makePlugin, input),
  };
}

/** The first byte says how many are the peer's; the others are the application's. */
async function checkSequence(makePlugin: MakePlugin, input: Uint8Array): Promise<void> {
  const split = 1 + (Math.min(input[0] ?? 0, input.length) % 32);
  const choices = new Choices(input.subarray(1, split));
  const play = new Play();
  const script = new Choices(input.subarray(split));
  const application = makeApplication(script, play);
  const server = new Server({ plugins: [makePlugin(wsgi(application))], ...serverLimits });
  const observed = observe(server);
  try {
    const request = makeRequest(choices);
    const transport = new PeerTransport(choices.once(2), !choices.once(4));
    server.adopt(transport);
    const activity = (): number => transport.activity + script.taken;
    const peer = await playPeer(choices, request, transport, activity);
    await until(() => play.running === 0 && play.closes === play.closable, activity);
    await mustBeOver(server, transport);
    judge({ request, play, peer, transport, observed });
  } finally {
    stopObserving(server);
  }
}

/** What holds when the only connection of a server has ended, whatever has happened on it. */
export async function mustBeOver(server: Server, transport: PeerTransport): Promise<void> {
  await mustForget(server);
  mustHold(transport.isClosed, "a connection whose peer has closed is closed", () => transport.closedBy);
  const strays = takeStrays();
  mustHold(strays.length === 0, "no error is left uncaught", () => strays.map(String));
  mustHold(
    transport.violations.length === 0,
    "nothing is done to a transport that is closed",
    () => transport.violations,
  );
}

/** A server that holds nothing closes at once. */
async function mustForget(server: Server): Promise<void> {
  let isClosed = false;
  const closing = server.close().then(() => {
    isClosed = true;
  });
  await until(
    () => isClosed,
    () => 0,
  );
  mustHold(isClosed, "a server forgets a connection that is closed", () => "close() waits");
  await closing;
}
