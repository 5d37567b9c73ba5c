import test from "ava";
import { magicOf } from "../../../src/config/ini/magic.ts";
import { memoryHost } from "./hosts.ts";

function valueOf(character: string, path: string): string | undefined {
  const file = { path, section: undefined };
  return magicOf(file, file, memoryHost({}))(character);
}

test("%j is the hash that uWSGI prints", (t) => {
  // Asked of uWSGI 2.0.21.
  t.is(valueOf("j", "/tmp/uw/t/a.ini"), "FB336986");
  t.is(valueOf("J", "/tmp/uw/t/a.ini"), "FB336986");
});

for (const [path, character, value] of [
  ["/app.ini", "d", "/"],
  ["/app.ini", "c", ""],
  ["/app.ini", "0", ""],
  ["/srv/.ini", "n", ""],
  ["/srv/.ini", "e", "ini"],
  ["/srv/app", "n", "app"],
  ["/srv/app", "e", ""],
  ["/a.b/app", "e", ""],
  ["app.ini", "d", "/srv/"],
  ["app.ini", "o", "app.ini"],
  ["app.ini", "x", ""],
  ["/0/1/2/3/4/5/6/7/8/9/10/x.ini", "9", "9"],
  ["/0/1/2/3/4/5/6/7/8/9/10/x.ini", "c", "10"],
  ["/srv/a.ini", "H", undefined],
  ["/srv/a.ini", "z", undefined],
  ["/srv/a.ini", "constructor", undefined],
  ["/srv/a.ini", "", undefined],
] as const) {
  test(`%${character} of ${path} is ${JSON.stringify(value)}`, (t) => {
    t.is(valueOf(character, path), value);
  });
}
