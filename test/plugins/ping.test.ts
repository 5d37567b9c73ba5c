import test from "ava";
import { type PingOptions, pingPlugin } from "../../src/plugins/index.ts";
import { errorCode } from "../../src/errors.ts";
import { type Ending, exchange } from "../helpers/raw-client.ts";
import { respond, startServer, type TestServer } from "../helpers/test-server.ts";
import { readVectors, wholeOf } from "../helpers/vectors.ts";
import { concat, hex, wire } from "../helpers/wire.ts";

async function ping(
  options?: PingOptions,
  bytes: Uint8Array = wire("64 00 00 00"),
): Promise<Ending & Pick<TestServer, "seen">> {
  await using server = await startServer(() => respond("no request"), { plugins: [pingPlugin(options)] });
  const ending = await exchange(server.address, bytes);
  return { ...ending, seen: server.seen };
}

test("a ping is answered with 64 00 00 01 and the end", async (t) => {
  const { bytes, how } = await ping();
  t.deepEqual([hex(bytes), how], ["64 00 00 01", "end"]);
});

test("a ping is no request: no exchange is reported", async (t) => {
  const { seen } = await ping();
  t.deepEqual([seen.ends.all, seen.errors.all, seen.refused.all], [[], [], []]);
});

for (const [about, bytes] of [
  ["a payload that is no vars block", wire('64 05 00 00 "hello"')],
  ["modifier2", wire("64 00 00 07")],
  ["bytes behind the packet", concat([wire("64 00 00 00"), wire("64 00 00 00")])],
] as const) {
  test(`${about} of a ping is ignored`, async (t) => t.is(hex((await ping({}, bytes)).bytes), "64 00 00 01"));
}

for (const vector of readVectors("uwsgi", "families", "unusual").filter(({ header }) => header?.modifier1 === 100)) {
  test(`${vector.name} is answered as uWSGI does`, async (t) => {
    t.is(hex((await ping({}, wholeOf(vector))).bytes), hex(vector.answer ?? wire("64 00 00 01")));
  });
}

for (const [about, warning, expected] of [
  ["is the payload of the answer", "disk", '64 04 00 01 "disk"'],
  ["goes out as latin-1", "caf\u00e9", "64 05 00 01 63 61 66 e9".replace("05", "04")],
  ["of no characters is none", "", "64 00 00 01"],
  ["of 80 characters is whole", "x".repeat(80), `64 50 00 01 "${"x".repeat(80)}"`],
] as const) {
  test(`a warning ${about}`, async (t) =>
    t.is(hex((await ping({ warning: () => warning })).bytes), hex(wire(expected))));
}

test("a warning is asked for at each ping", async (t) => {
  const warnings = [undefined, "disk", undefined];
  await using server = await startServer(() => respond(""), {
    plugins: [pingPlugin({ warning: () => warnings.shift() })],
  });
  const answers: string[] = [];
  for (let i = 0; i < 3; i++) answers.push(hex((await exchange(server.address, wire("64 00 00 00"))).bytes));
  t.deepEqual(answers, ["64 00 00 01", hex(wire('64 04 00 01 "disk"')), "64 00 00 01"]);
});

for (const [about, warning, code] of [
  ["of 81 characters", () => "x".repeat(81), "UWSGI_INVALID_ARGUMENT"],
  ["above latin-1", () => "€", "UWSGI_NOT_LATIN1"],
  [
    "that cannot be made",
    () => {
      throw Object.assign(new Error("x"), { code: "MINE" });
    },
    "MINE",
  ],
] as const) {
  test(`a warning ${about} is an error that is reported: whoever asks gets no answer, which is "unhealthy"`, async (t) => {
    const { bytes, seen } = await ping({ warning });
    t.is(bytes.length, 0);
    t.is(errorCode((await seen.errors.at()).error), code);
  });
}
