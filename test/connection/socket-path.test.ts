import { linkSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import test from "ava";
import type { UnixAddress } from "../../src/connection/address.ts";
import { discard, identityAt, type FileIdentity } from "../../src/connection/socket-path.ts";
import { tempFolder } from "../helpers/temp-folder.ts";

function at(path: string): UnixAddress {
  return { kind: "unix", path };
}

/** As an identity of a file that is there. */
function identify(path: string): FileIdentity {
  const found = identityAt(path);
  if (found === undefined) throw new Error(`nothing at ${path}`);
  return found;
}

test("T36: a dead socket is removed, with nothing left beside it", (t) => {
  using folder = tempFolder();
  const path = folder.file("s");
  writeFileSync(path, "as good as dead");
  t.true(discard(at(path), identify(path)));
  t.deepEqual(readdirSync(folder.path), []);
});

test("T36: a dead socket that is gone already needs no removal", (t) => {
  using folder = tempFolder();
  const path = folder.file("s");
  writeFileSync(path, "");
  const dead = identify(path);
  t.true(discard(at(folder.file("other")), dead));
});

test("T36: what has taken the place of the dead socket stays", (t) => {
  using folder = tempFolder();
  const path = folder.file("s");
  writeFileSync(folder.file("dead"), "");
  writeFileSync(path, "alive");
  t.false(discard(at(path), identify(folder.file("dead"))));
  t.is(readFileSync(path, "utf8"), "alive");
  t.deepEqual(readdirSync(folder.path).sort(), ["dead", "s"]);
});

test("T36: a file with the number of the dead socket, but of another time, stays", (t) => {
  using folder = tempFolder();
  const path = folder.file("s");
  writeFileSync(path, "alive");
  const { dev, ino, mtimeNs } = identify(path);
  t.false(discard(at(path), { dev, ino, mtimeNs: mtimeNs - 1n }));
  t.is(readFileSync(path, "utf8"), "alive");
});

test("T36: a live socket that took the path between the look and the move gets its name back", async (t) => {
  using folder = tempFolder();
  const path = folder.file("s");
  writeFileSync(path, "dead");
  const dead = identify(path);
  const server = createServer().listen(folder.file("live"));
  await once(server, "listening");
  // The look sees the dead one, the move finds the live one.
  let looks = 0;
  const look = (name: string): ReturnType<typeof identityAt> => {
    const seen = identityAt(name);
    if (name === path && looks++ === 0) {
      rmSync(path);
      linkSync(folder.file("live"), path);
    }
    return seen;
  };
  t.false(discard(at(path), dead, look));
  t.true(identityAt(path)?.isSocket());
  t.deepEqual(readdirSync(folder.path).sort(), ["live", "s"]);
  server.close();
});
