/** A browser uses a page through the bridge: forms, uploads, cookies, event streams, WebSocket. */
import type { ExecutionContext } from "ava";
import { nodeHandler } from "../../../src/app/index.ts";
import { formatAddress } from "../../../src/connection/index.ts";
import { HttpBridge } from "../../../src/gateway/index.ts";
import { visit } from "../../helpers/browser-visit.ts";
import { makeCertificates } from "../../helpers/certificates.ts";
import { needs } from "../../helpers/needs.ts";
import { startServer } from "../../helpers/test-server.ts";
import { FILE_BYTES, fileDigest, makeSite } from "./site.ts";

async function isFullyUsed(t: ExecutionContext, isTls: boolean): Promise<void> {
  const { server, report } = makeSite();
  await using application = await startServer(nodeHandler(server));
  using certificates = await makeCertificates();
  const { cert, key } = certificates.server;
  const to = formatAddress(application.address);
  await using bridge = await HttpBridge.listen({ to, ...(isTls ? { tls: { cert, key } } : {}) });
  visit(t, `${isTls ? "https" : "http"}://127.0.0.1:${bridge.port}/`);
  const found = await report;
  t.deepEqual(found.form, { name: "Zoë & co", text: "two\r\nlines" });
  t.deepEqual(found.file, { name: "téa.bin", length: FILE_BYTES, sha256: fileDigest });
  // Those that scripts may see; the application got both.
  t.is(found.cookie, "seen=1");
  t.is(found.cookies, "seen=1; hidden=2");
  t.deepEqual(found.events, ["0", "1", "2"]);
  // They are sent 150 ms apart: collected ones would come at once.
  t.true(found.eventsTookMs > 200, `${found.eventsTookMs} ms`);
  t.deepEqual(found.messages, ["chat:hello:5", "chat:xxxxxxxxxx:70000", "closed 1000 true"]);
  t.is(found.echoed, found.sent);
  t.is(found.protocol, isTls ? "h2" : "http/1.1");
  t.is(found.secure, isTls);
}

const browserTest = needs("chromium", "openssl");

browserTest.serial("a browser uses the whole page by HTTP/1.1", (t) => isFullyUsed(t, false));
browserTest.serial("a browser uses the whole page by TLS and HTTP/2", (t) => isFullyUsed(t, true));
