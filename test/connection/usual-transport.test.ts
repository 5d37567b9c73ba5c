/** The transport that a run of the tests is about. */
import test from "ava";
import { listen, type Transport } from "../../src/connection/index.ts";
import { RawClient } from "../helpers/raw-client.ts";
import { bothKinds } from "../helpers/target.ts";
import { tempFolder } from "../helpers/temp-folder.ts";
import { gate } from "../helpers/test-server.ts";
import { carrierOf, usualCarrier } from "../helpers/transport-pair.ts";

for (const kind of bothKinds) {
  test(`what a run of the tests is about is what it uses: ${usualCarrier}, ${kind}`, async (t) => {
    using folder = tempFolder();
    const accepted = gate<Transport>();
    const fallbacks: string[] = [];
    const address =
      kind === "unix" ? ({ kind, path: folder.file("s") } as const) : ({ kind, host: "127.0.0.1", port: 0 } as const);
    const listener = await listen(address, accepted.open, { onFallback: (reason) => fallbacks.push(reason) });
    using client = await RawClient.connect(listener.address);
    const transport = await accepted.promise;
    t.deepEqual([carrierOf(transport), fallbacks], [usualCarrier, []]);
    client.destroy();
    transport.destroy();
    await listener.close();
  });
}
