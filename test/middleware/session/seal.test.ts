import test from "ava";
import { Seal } from "../../../src/middleware/session/seal.ts";
import { KEY, OTHER_KEY } from "./sessions.ts";

const CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

test("what was sealed can be opened", async (t) => {
  const seal = new Seal([KEY], "a");
  const text = '{"name":"Zoë \u{1f375}"}';
  t.deepEqual(await seal.open(await seal.seal(text)), { text });
});

test("a seal is different each time, and does not show what is in it", async (t) => {
  const seal = new Seal([KEY], "a");
  const [one, other] = [await seal.seal("tea"), await seal.seal("tea")];
  t.not(one, other);
  t.false(Buffer.from(one, "base64url").toString("latin1").includes("tea"));
});

test("a seal that is changed at any place is refused", async (t) => {
  const seal = new Seal([KEY], "a");
  const sealed = await seal.seal('{"user":"ann"}');
  for (let i = 0; i < sealed.length; i++) {
    // Every bit of a character once.
    const at = CHARACTERS.indexOf(sealed.charAt(i));
    const others =
      at < 0 ? ["A", ""] : [1, 2, 4, 8, 16, 32].map((bit) => CHARACTERS.charAt(at ^ bit)).concat(".", "=", "%", "");
    for (const other of others) {
      const opened = await seal.open(`${sealed.slice(0, i)}${other}${sealed.slice(i + 1)}`);
      t.true("fault" in opened, `${other} at ${i}`);
    }
  }
});

test("a seal with more behind it is refused", async (t) => {
  const seal = new Seal([KEY], "a");
  const sealed = await seal.seal("tea");
  for (const more of ["A", "=", ".", " ", "\n"]) t.true("fault" in (await seal.open(sealed + more)));
});

for (const given of ["", ".", "....", "a.b.c.d", "a..b.c.d", "e30..AAAA.AAAA.AAAA", "bnVsbA..AAAA.AAAA.AAAA"]) {
  test(`${JSON.stringify(given)} is refused`, async (t) => {
    t.true("fault" in (await new Seal([KEY], "a").open(given)));
  });
}

test("a seal of another purpose is refused", async (t) => {
  const sealed = await new Seal([KEY], "session").seal("tea");
  t.true("fault" in (await new Seal([KEY], "__Host-session").open(sealed)));
});

test("a seal of an older key is opened, and new ones are of the newest", async (t) => {
  const [old, both, young] = [[KEY], [OTHER_KEY, KEY], [OTHER_KEY]].map((keys) => new Seal(keys, "a"));
  const sealed = (await old?.seal("tea")) ?? "";
  t.deepEqual(await both?.open(sealed), { text: "tea" });
  t.deepEqual(await young?.open((await both?.seal("more")) ?? ""), { text: "more" });
});

test("a seal of a key that is gone is refused, and the reason is told", async (t) => {
  const sealed = await new Seal([KEY], "a").seal("tea");
  t.deepEqual(await new Seal([OTHER_KEY], "a").open(sealed), {
    fault: "it was sealed with a key that is not known here",
  });
});

test("seals of other algorithms are refused, with the right key too", async (t) => {
  const { CompactEncrypt, UnsecuredJWT } = await import("jose");
  const seal = new Seal([KEY], "a");
  const [head = ""] = (await seal.seal("tea")).split(".");
  const { kid } = JSON.parse(Buffer.from(head, "base64url").toString()) as { kid: string };
  const forged = await new CompactEncrypt(Buffer.from("tea"))
    .setProtectedHeader({ alg: "dir", enc: "A128GCM", kid })
    .encrypt(new Uint8Array(16));
  t.true("fault" in (await seal.open(forged)));
  t.true("fault" in (await seal.open(new UnsecuredJWT({}).encode())));
});

test("whoever prints a seal sees no secret", async (t) => {
  const { inspect } = await import("node:util");
  t.false(inspect(new Seal([KEY], "a"), { depth: 9, showHidden: true }).includes(KEY));
});

for (const kid of [{ toString: 1 }, null, [["a"]], 7]) {
  test(`a seal whose key is said to be ${JSON.stringify(kid)} is refused like any other`, async (t) => {
    const part = (text: string): string => Buffer.from(text).toString("base64url");
    const head = part(JSON.stringify({ alg: "dir", enc: "A256GCM", kid }));
    const forged = [head, "", part("123456789012"), part("tea"), part("1234567890123456")].join(".");
    t.deepEqual(await new Seal([KEY], "a").open(forged), { fault: "it was sealed with a key that is not known here" });
  });
}
