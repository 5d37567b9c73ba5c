/** The same requests, by our client and by HTTP through our bridge, to real uWSGI with Python and to our server. */
import test from "ava";
import { type Certificates, makeCertificates } from "../../helpers/certificates.ts";
import { type Asker, askers } from "./askers.ts";
import { cases } from "./list.ts";
import { type Side, sides } from "./sides.ts";

let certificates: Certificates;
const started = new Map<string, Side>();
const askersOf = new Map<string, Asker>();

test.before(async () => {
  certificates = await makeCertificates();
});

test.after.always("all that was started is stopped", async () => {
  for (const asker of askersOf.values()) await asker[Symbol.asyncDispose]();
  for (const side of started.values()) await side[Symbol.asyncDispose]();
  certificates[Symbol.dispose]();
});

for (const side of sides) {
  // TLS changes how the bytes travel, not what is asked: the two that it is spoken to by.
  for (const asker of side.isTls ? askers.slice(0, 2) : askers) {
    const key = `${side.name}, asked by ${asker.name}`;
    side.test.serial(`${key}: it starts`, async (t) => {
      const running = started.get(side.name) ?? (await side.start(certificates));
      started.set(side.name, running);
      askersOf.set(key, await asker.start(running, certificates));
      t.pass();
    });
    for (const { title, run } of cases) {
      side.test.serial(`${key}: ${title}`, async (t) => {
        const running = askersOf.get(key);
        if (running === undefined) throw new Error("it has not started");
        await run(t, running);
      });
    }
  }
}
