import { resolve } from "node:path";
import test from "ava";
import { parseAddress } from "../../../src/connection/index.ts";
import { isSameAddress } from "../../../src/manager/sockets/same-address.ts";

for (const [asked, actual, isSame] of [
  ["/run/app.sock", "/run/app.sock", true],
  ["/run/../run/app.sock", "/run/app.sock", true],
  ["./app.sock", resolve("app.sock"), true],
  ["/run/app.sock", "/run/other.sock", false],
  ["/run/app.sock", "@/run/app.sock", false],
  ["@app", "@app", true],
  ["@app", "@other", false],
  ["127.0.0.1:3031", "127.0.0.1:3031", true],
  ["127.0.0.1:3031", "127.0.0.1:3032", false],
  ["127.0.0.1:3031", "127.0.0.2:3031", false],
  ["127.0.0.1:3031", "0.0.0.0:3031", false],
  ["127.0.0.1:3031", "/run/app.sock", false],
  ["[0:0:0:0:0:0:0:1]:3031", "[::1]:3031", true],
  ["[::]:3031", "[::]:3031", true],
  ["suwsgi://127.0.0.1:3031", "127.0.0.1:3031", true],
  ["suwsgi:///run/app.sock", "/run/app.sock", true],
  ["fd://3", "127.0.0.1:3031", false],
] as const) {
  test(`a socket at ${actual} is ${isSame ? "" : "not "}what ${asked} means`, async (t) => {
    t.is(await isSameAddress(parseAddress(asked), parseAddress(actual)), isSame);
  });
}

test("a name means what it is resolved to", async (t) => {
  const name = parseAddress("localhost:3031");
  const one = await isSameAddress(name, parseAddress("127.0.0.1:3031"));
  t.true(one || (await isSameAddress(name, parseAddress("[::1]:3031"))));
  t.false(await isSameAddress(name, parseAddress("192.0.2.1:3031")));
});

test("a name that nobody knows means no socket that there is", async (t) => {
  t.false(await isSameAddress(parseAddress("name.invalid:3031"), parseAddress("127.0.0.1:3031")));
});
