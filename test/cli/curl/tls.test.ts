import { makeCertificates } from "../../helpers/certificates.ts";
import { needs } from "../../helpers/needs.ts";
import { formatAddress } from "../../../src/connection/index.ts";
import { pingPlugin } from "../../../src/plugins/index.ts";
import { httpPlugin, Server } from "../../../src/server/index.ts";
import { runUisge } from "../../helpers/run-program.ts";
import { folderOf } from "../../helpers/temp-folder.ts";
import { respond } from "../../helpers/test-server.ts";

needs("openssl")("a certificate that nobody known has signed is curl's 60, but with --cacert or -k", async (t) => {
  using made = await makeCertificates();
  const tls = { cert: made.server.cert, key: made.server.key, ca: made.ca.cert };
  await using server = new Server({ plugins: [httpPlugin(() => respond("hello")), pingPlugin()], tls });
  await server.listen(`suwsgi://${folderOf(t)}/s`);
  const address = server.addresses.map(formatAddress).join();
  const ours = ["--cert", made.client.certFile, "--key", made.client.keyFile];
  t.is((await runUisge(["curl", address, "/", ...ours])).code, 60);
  for (const trust of [["--cacert", made.ca.certFile], ["-k"]]) {
    t.is((await runUisge(["curl", address, "/", ...ours, ...trust])).stdout.toString(), "hello");
    t.is((await runUisge(["ping", "-q", address, ...ours, ...trust])).code, 0);
  }
  t.is((await runUisge(["ping", "-q", address, ...ours])).code, 1);
  // Without a certificate of ours the server breaks the handshake off, or the connection behind it.
  t.not((await runUisge(["curl", address, "/", "-k"])).code, 0);
});
