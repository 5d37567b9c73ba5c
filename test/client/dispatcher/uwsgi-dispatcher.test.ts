/** What a dispatcher is told when it is made, which origins it answers, and how it ends. */
import test from "ava";
import { type Dispatching, UwsgiDispatcher } from "../../../src/client/dispatcher/index.ts";
import type { UwsgiDispatcherOptions } from "../../../src/client/dispatcher/index.ts";
import type { PacketRequest, Sender } from "../../../src/client/index.ts";
import { errorCode } from "../../../src/errors.ts";
import { gate, respond } from "../../helpers/test-server.ts";
import { dispatched, fetches, undicis } from "../../helpers/undicis.ts";

/** Answers "tea", and keeps what was asked. */
function kept(): { readonly sender: Sender; readonly requests: PacketRequest[] } {
  const requests: PacketRequest[] = [];
  const body = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from("tea");
  };
  const send = (request: PacketRequest): ReturnType<Sender["send"]> => {
    requests.push(request);
    return Promise.resolve({ status: 200, reason: "OK", headers: [], body: body() });
  };
  return { sender: { send }, requests };
}

/** `init` of a fetch by that dispatcher: types of the DOM, which tests have, know none. */
const by = (dispatcher: object): object => ({ dispatcher });

test("modifiers, and vars in the place of those of the request, go with every request", async (t) => {
  const { sender, requests } = kept();
  const dispatcher = new UwsgiDispatcher(sender, {
    modifier1: 5,
    modifier2: 7,
    vars: { SCRIPT_NAME: "/shop", REMOTE_ADDR: "192.0.2.7" },
  });
  await fetch("http://app.test/", by(dispatcher));
  t.like(requests[0], { modifier1: 5, modifier2: 7, isHead: false });
  const vars = requests.flatMap((request) => Array.from(request.vars as Iterable<[string, string]>));
  t.deepEqual(
    vars.filter(([name]) => name === "SCRIPT_NAME" || name === "REMOTE_ADDR"),
    [
      ["SCRIPT_NAME", "/shop"],
      ["REMOTE_ADDR", "192.0.2.7"],
    ],
  );
});

test("timeouts of a request go over those of the sender; 0 is no limit", async (t) => {
  const { sender, requests } = kept();
  const dispatcher = new UwsgiDispatcher(sender);
  for (const { undici } of undicis) {
    await undici.request("http://app.test/", { dispatcher, headersTimeout: 70, bodyTimeout: 0 });
    await undici.request("http://app.test/", { dispatcher });
  }
  for (let i = 0; i < requests.length; i += 2) {
    t.deepEqual(requests[i]?.timeouts, { responseMs: 70, bodyMs: Number.POSITIVE_INFINITY });
    t.deepEqual(requests[i + 1]?.timeouts, {});
  }
});

for (const [what, options] of [
  ["a modifier over 255", { modifier1: 256 }],
  ["a modifier that is no number", { modifier2: Number.NaN }],
  ["a limit below zero", { maxBodyBytes: -1 }],
  ["an origin without a scheme", { origins: ["app.test"] }],
  ["somebody else who is no dispatcher", { otherwise: {} as Dispatching }],
] as [string, UwsgiDispatcherOptions][]) {
  test(`${what} is refused with UWSGI_INVALID_ARGUMENT`, (t) => {
    t.throws(() => new UwsgiDispatcher("/run/app.sock", options), {
      instanceOf: TypeError,
      code: "UWSGI_INVALID_ARGUMENT",
    });
  });
}

test("an address that is none is refused with UWSGI_INVALID_ADDRESS", (t) => {
  t.throws(() => new UwsgiDispatcher("nowhere"), { code: "UWSGI_INVALID_ADDRESS" });
});

for (const { name, fetch } of fetches) {
  test(`${name}: an origin that is not served is refused with UWSGI_ORIGIN_REFUSED`, async (t) => {
    const { sender, requests } = kept();
    const dispatcher = new UwsgiDispatcher(sender, { origins: ["http://app.test", new URL("https://shop.test/x")] });
    await fetch("http://app.test/", { dispatcher });
    await fetch("https://shop.test/", { dispatcher });
    for (const other of ["https://app.test/", "http://app.test:81/", "http://other.test/"]) {
      const error = await t.throwsAsync(fetch(other, { dispatcher }));
      t.is(errorCode(error?.cause), "UWSGI_ORIGIN_REFUSED");
    }
    t.is(requests.length, 2);
  });

  test(`${name}: other origins go to the dispatcher for the rest`, async (t) => {
    const [own, other] = [kept(), kept()];
    const origins = ({ hostname }: URL): boolean => hostname.endsWith(".internal");
    const dispatcher = new UwsgiDispatcher(own.sender, { origins, otherwise: new UwsgiDispatcher(other.sender) });
    await fetch("http://app.internal/", { dispatcher });
    await fetch("http://app.test/", { dispatcher });
    t.is(own.requests.length, 1);
    t.is(other.requests.length, 1);
  });
}

test("close waits for what runs, then takes no more; it is the same promise each time", async (t) => {
  const [begun, go] = [gate(), gate()];
  const { dispatcher } = await dispatched(t, async () => {
    begun.open();
    await go.promise;
    return respond("tea");
  });
  const answer = fetch("http://app.test/", by(dispatcher));
  await begun.promise;
  const closing = dispatcher.close();
  t.is(dispatcher.close(), closing);
  t.true(dispatcher.closed);
  t.false(dispatcher.destroyed);
  const refused = await t.throwsAsync(fetch("http://app.test/", by(dispatcher)));
  t.is(errorCode(refused?.cause), "UWSGI_DISPATCHER_CLOSED");
  go.open();
  t.is(await (await answer).text(), "tea");
  await closing;
});

test("destroy ends what runs by its error", async (t) => {
  const [begun, seen] = [gate(), gate()];
  const { dispatcher } = await dispatched(t, ({ signal }) => {
    signal.addEventListener("abort", () => seen.open());
    begun.open();
    return new Promise(() => {});
  });
  const answer = fetch("http://app.test/", by(dispatcher));
  await begun.promise;
  await dispatcher.destroy(new Error("closing time"));
  const error = await t.throwsAsync(answer);
  t.like(error?.cause, { message: "closing time" });
  await seen.promise;
  t.true(dispatcher.destroyed);
});

test("close and destroy call back too, as undici's do", async (t) => {
  for (const end of ["close", "destroy"] as const) {
    const dispatcher = new UwsgiDispatcher(kept().sender);
    const args = await new Promise((resolve) => {
      t.is(
        dispatcher[end]((...given: unknown[]) => resolve(given)),
        undefined,
      );
    });
    t.deepEqual(args, [null, null]);
  }
  const dispatcher = new UwsgiDispatcher(kept().sender);
  await new Promise<void>((resolve) => {
    dispatcher.destroy(new Error("enough"), () => resolve());
  });
  t.true(dispatcher.destroyed);
});

test("await using closes it", async (t) => {
  const used: UwsgiDispatcher[] = [];
  {
    await using dispatcher = new UwsgiDispatcher(kept().sender);
    used.push(dispatcher);
  }
  t.true(used.every(({ closed }) => closed));
});
