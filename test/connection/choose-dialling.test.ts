import test from "ava";
import { onBrokenNode } from "../helpers/self-test.ts";

/** Connections by `net` before the first by a handle, in a process that does nothing else; null: there was none. */
function untilByHandle(
  how: string,
  mostMs: number,
  transport?: string,
  nodeArguments: readonly string[] = [],
): Promise<unknown> {
  return onBrokenNode([how, "dial", String(mostMs)], { env: { UISGE_TRANSPORT: transport }, nodeArguments });
}

for (const transport of [undefined, "", "auto"]) {
  test(`the first connections are made by net, later ones by handles: ${String(transport)}`, async (t) => {
    t.true(((await untilByHandle("nothing", 20_000, transport)) as number) > 8);
  });
}

test("where operators ask for direct it is tried with the first connection", async (t) => {
  t.true(((await untilByHandle("nothing", 20_000, "direct")) as number) >= 1);
});

for (const [about, how, transport] of [
  ["operators ask for net", "nothing", "net"],
  ["they ask for what is no transport", "nothing", "fast"],
  ["process.binding throws", "a process.binding that throws", undefined],
  ["no handle connects", "no TCPConnectWrap", undefined],
] as const) {
  test(`all are made by net where ${about}`, async (t) => {
    t.is(await untilByHandle(how, 400, transport), null);
  });
}

/** What Node wants to hear for its permissions and ours: `--allow-net` came with Node 25. */
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const permission = major > 22 || (major === 22 && minor >= 13) ? "--permission" : "--experimental-permission";
const nodeArguments = [permission, "--allow-fs-read=*", "--allow-fs-write=*", ...(major >= 25 ? ["--allow-net"] : [])];

test("all are made by net under Node's permissions, which forbid process.binding", async (t) => {
  t.is(await untilByHandle("nothing", 400, undefined, nodeArguments), null);
});

test("where Node is to end the process for what is deprecated, handles are used all the same", async (t) => {
  const strict = ["--pending-deprecation", "--throw-deprecation"];
  t.true(((await untilByHandle("nothing", 20_000, undefined, strict)) as number) > 8);
});
