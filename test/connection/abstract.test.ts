import { execFile } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";
import test from "ava";
import { abstractPath } from "../../src/connection/abstract-listener.ts";
import { type Address, dial, listen, PeerStream, type Transport } from "../../src/connection/index.ts";
import { type ConditionalTest, needs, needsLinux } from "../helpers/needs.ts";
import { gate } from "../helpers/test-server.ts";

const run = promisify(execFile);

const linuxTest = needsLinux();

function named(purpose: string): Address & { readonly kind: "abstract" } {
  return { kind: "abstract", name: `uisge-test-${process.pid}-${purpose}` };
}

linuxTest("an abstract socket is listened on and connected to by its name", async (t) => {
  const address = named("both");
  const accepted = gate<Transport>();
  const listener = await listen(address, accepted.open);
  const stream = new PeerStream(await dial(address));
  const transport = await accepted.promise;
  t.is(transport.peer, `@${address.name}`);
  t.deepEqual(listener.address, address);
  transport.write("hello");
  t.is(String(Buffer.from((await stream.read()) ?? [])), "hello");
  stream.destroy();
  transport.destroy();
  await listener.close();
});

linuxTest("an abstract name that is taken is an address in use", async (t) => {
  const address = named("taken");
  const first = await listen(address, () => {});
  await t.throwsAsync(
    listen(address, () => {}),
    { code: "UWSGI_ADDRESS_IN_USE" },
  );
  await first.close();
});

linuxTest("a name of 107 bytes is listened on under that very name", async (t) => {
  const address: Address = { kind: "abstract", name: `uisge-${process.pid}-`.padEnd(107, "x") };
  const listener = await listen(address, (transport) => transport.destroy());
  await t.notThrowsAsync(dial(address).then((transport) => transport.destroy()));
  await listener.close();
});

test("where there are no abstract sockets the error says so", (t) => {
  const error = t.throws(() => abstractPath(named("mac"), "darwin"), { instanceOf: TypeError });
  t.like(error, { code: "UWSGI_INVALID_ADDRESS" });
  t.regex(error.message, /only Linux has abstract sockets, this is darwin/);
});

/** Node 20 fills names up with NUL bytes: only Node 20 finds them, and it finds no others. */
const isPadded = Number(process.versions.node.split(".")[0]) < 22;

const pythonTest: ConditionalTest["serial"] = process.platform === "linux" ? needs("python3").serial : test.skip;

pythonTest(`other programs ${isPadded ? "do not find" : "find"} an abstract socket of ours by its name`, async (t) => {
  const address = named("python");
  const listener = await listen(address, (transport) => {
    transport.attach({ onRead() {}, onEnd() {}, onDrain() {}, onFinish() {}, onClose() {} });
    transport.write("hello");
    transport.end();
  });
  const program = `import socket
s = socket.socket(socket.AF_UNIX)
try:
  s.connect("\\0${address.name}")
  print(s.recv(9))
except ConnectionRefusedError:
  print("nobody there")`;
  const { stdout } = await run("python3", ["-c", program]);
  t.is(stdout, isPadded ? "nobody there\n" : "b'hello'\n");
  await listener.close();
});

pythonTest(`an abstract socket of another program is ${isPadded ? "not found" : "found"} by its name`, async (t) => {
  const address = named("from-python");
  const program = `import socket
s = socket.socket(socket.AF_UNIX)
s.bind("\\0${address.name}")
s.listen(1)
print("up", flush=True)
s.accept()[0].send(b"hello")`;
  const child = execFile("python3", ["-c", program]);
  await once(child.stdout ?? child, "data");
  const dialling = dial(address);
  if (isPadded) await t.throwsAsync(dialling, { code: "UWSGI_CONNECT_FAILED" });
  else {
    const stream = new PeerStream(await dialling);
    t.is(String(Buffer.from((await stream.read()) ?? [])), "hello");
    stream.destroy();
  }
  child.kill();
});
