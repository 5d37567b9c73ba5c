import test from "ava";
import { untriedVersion } from "../../src/connection/choose-transport.ts";
import { onBrokenNode } from "../helpers/self-test.ts";
import { tempFolder } from "../helpers/temp-folder.ts";

const direct = { isDirect: true, fallbacks: [] };
const net = { isDirect: false, fallbacks: [] };

for (const [option, environment, expected] of [
  ["", undefined, direct],
  ["", "", direct],
  ["auto", undefined, direct],
  ["direct", undefined, direct],
  ["net", undefined, net],
  ["", "net", net],
  ["auto", "net", net],
  ["", "auto", direct],
  ["", "direct", direct],
  ["direct", "net", direct],
  ["net", "direct", net],
] as const) {
  const given = option === "" ? "no transport" : `transport ${option}`;
  test(`${given} with ${environment === undefined ? "no UISGE_TRANSPORT" : `UISGE_TRANSPORT=${environment}`} is ${expected.isDirect ? "direct" : "net"}`, async (t) => {
    t.deepEqual(await onBrokenNode(["nothing", "choose", option], { env: { UISGE_TRANSPORT: environment } }), expected);
  });
}

test("what is no transport is refused, with what there is", async (t) => {
  t.deepEqual(await onBrokenNode(["nothing", "choose", "fast"]), {
    code: "UWSGI_INVALID_ARGUMENT",
    message: "transport is fast, there are auto, direct and net",
    fallbacks: [],
  });
  t.deepEqual(await onBrokenNode(["nothing", "choose"], { env: { UISGE_TRANSPORT: "fast" } }), {
    code: "UWSGI_INVALID_ARGUMENT",
    message: "UISGE_TRANSPORT is fast, there are auto, direct and net",
    fallbacks: [],
  });
});

for (const [about, why] of [
  ["a process.binding that throws", "access to this API has been restricted"],
  ["no WriteWrap", "the stream handles of this Node are not those that are known"],
  ["reads that never come", "no answer within 5000 ms"],
] as const) {
  test(`with ${about}, auto falls back and says why`, async (t) => {
    t.deepEqual(await onBrokenNode([about, "choose", "auto"]), { isDirect: false, fallbacks: [why] });
  });

  test(`with ${about}, direct is refused and says why`, async (t) => {
    t.deepEqual(await onBrokenNode([about, "choose", "direct"]), {
      code: "UWSGI_TRANSPORT_UNAVAILABLE",
      message: `the direct transport does not work here: ${why}`,
      fallbacks: [],
    });
  });
}

test("with anything broken, net is net and nothing is tried", async (t) => {
  t.deepEqual(await onBrokenNode(["reads that never come", "choose", "net"]), net);
});

test("a version of Node that was not tried is named; those that were are not", (t) => {
  t.deepEqual(
    ["20.19.0", "22.0.0", "24.21.0", "26.99.1"].map((version) => untriedVersion(version)),
    [undefined, undefined, undefined, undefined],
  );
  t.regex(untriedVersion("19.9.0") ?? "", /Node 19\.9\.0/);
  t.regex(untriedVersion("27.0.0") ?? "", /Node 27\.0\.0/);
});

const LINE = /^(?:\S+ )?.*connections go by net\.Socket, .* cannot be used: (.*)$/;

async function reasonsIn(
  args: Parameters<typeof onBrokenNode>[0],
  options?: Parameters<typeof onBrokenNode>[1],
): Promise<unknown> {
  using folder = tempFolder();
  const { lines, statuses } = (await onBrokenNode([...args, "serve", folder.path], options)) as {
    lines: string[];
    statuses: number[];
  };
  return { statuses, reasons: lines.map((line) => LINE.exec(line)?.[1] ?? line) };
}

test("each server logs the fallback as one line, however many sockets it has, and serves on all of them", async (t) => {
  const why = "access to this API has been restricted";
  t.deepEqual(await reasonsIn(["a process.binding that throws"]), {
    statuses: [200, 200, 200, 200],
    reasons: [why, why],
  });
});

test("where direct works nothing is logged of it", async (t) => {
  t.deepEqual(await reasonsIn(["nothing"]), { statuses: [200, 200, 200, 200], reasons: [] });
});

/** What Node wants to hear for its permissions and ours: `--allow-net` came with Node 25. */
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const permission = major > 22 || (major === 22 && minor >= 13) ? "--permission" : "--experimental-permission";
const nodeArguments = [permission, "--allow-fs-read=*", "--allow-fs-write=*", ...(major >= 25 ? ["--allow-net"] : [])];

test("under Node's permissions, which forbid process.binding, servers go by net and say so", async (t) => {
  const why = "process.binding: ERR_ACCESS_DENIED";
  t.deepEqual(await reasonsIn(["nothing"], { nodeArguments }), { statuses: [200, 200, 200, 200], reasons: [why, why] });
});

test("where Node is to end the process for what is deprecated, it goes on by direct", async (t) => {
  const outcome = await reasonsIn(["nothing"], { nodeArguments: ["--pending-deprecation", "--throw-deprecation"] });
  t.deepEqual(outcome, { statuses: [200, 200, 200, 200], reasons: [] });
});
