/** nginx in front of a `suwsgi://` socket: both sides check each other's certificate. */
import test from "ava";
import { formatAddress } from "../../src/connection/index.ts";
import { serve, type WsgiApplication } from "../../src/index.ts";
import { type Certificates, makeCertificates } from "../helpers/certificates.ts";
import { open, send } from "../helpers/http-client.ts";
import { needs } from "../helpers/needs.ts";
import { type Front, httpBlock, startFront } from "../helpers/nginx-stack.ts";
import { noise, sha256 } from "../helpers/noise.ts";
import { Gate } from "../helpers/wsgi-apps.ts";

const nginxTest = needs("nginx", "openssl").serial;

const MB = 1_024 * 1_024;

let made: Promise<Certificates> | undefined;

/** Made once, by the first test that wants them. */
function certificates(): Promise<Certificates> {
  return (made ??= makeCertificates());
}

test.after.always(async () => (await made)?.[Symbol.dispose]());

interface TlsStack extends Front {
  /** What the server has logged as errors. */
  readonly errors: readonly string[];
}

/** Serves `application` over TLS for clients with a certificate; `/anonymous` and `/misnamed` are ways without. */
async function startTlsStack(application: WsgiApplication, directives = ""): Promise<TlsStack> {
  const { ca, server: own, client } = await certificates();
  const errors: string[] = [];
  const server = await serve(application, {
    socket: "suwsgi://127.0.0.1:0",
    tls: { cert: own.cert, key: own.key, ca: ca.cert },
    log: { errors: { write: (line: string) => errors.push(line) } },
  });
  const pass = `uwsgi_pass ${server.addresses.map(formatAddress).join()};`;
  const shown = `uwsgi_ssl_certificate ${client.certFile}; uwsgi_ssl_certificate_key ${client.keyFile};`;
  const locations = `
    ${directives}
    uwsgi_ssl_verify on;
    uwsgi_ssl_trusted_certificate ${ca.certFile};
    location / { uwsgi_ssl_name uisge.test; ${shown} ${pass} }
    location /anonymous { uwsgi_ssl_name uisge.test; ${pass} }
    location /misnamed { uwsgi_ssl_name other.test; ${shown} ${pass} }`;
  const front = await startFront({ confText: ({ port }) => httpBlock(port, locations) }, () => server.close());
  return { ...front, errors };
}

/** Answers with the length and the digest of the body. */
const describeBody: WsgiApplication = async (environ, startResponse) => {
  const body = await environ["wsgi.input"].read();
  startResponse("200 OK", []);
  return `${environ.REQUEST_METHOD} ${body.length} ${sha256(body)}`;
};

const refuse: WsgiApplication = (_environ, startResponse) => {
  startResponse("413 Content Too Large", []);
  return "no, thank you\n";
};

nginxTest("a GET and a POST of 10 MB arrive whole over TLS with client certificates", async (t) => {
  await using stack = await startTlsStack(describeBody);
  t.is((await send({ port: stack.port })).body.toString(), `GET 0 ${sha256(Buffer.alloc(0))}`);
  const body = noise(10 * MB);
  const answer = await send({ port: stack.port, method: "POST", body });
  t.is(answer.body.toString(), `POST ${body.length} ${sha256(body)}`);
  await stack.stop();
  t.deepEqual(stack.errors, []);
});

nginxTest("an answer of 1 MB arrives whole over TLS, with and without its length", async (t) => {
  const body = noise(MB);
  await using stack = await startTlsStack((environ, startResponse) => {
    startResponse("200 OK", environ.PATH_INFO === "/length" ? [["Content-Length", String(body.length)]] : []);
    return body;
  });
  for (const path of ["/length", "/"]) t.is(sha256((await send({ port: stack.port, path })).body), sha256(body));
});

for (const buffering of ["on", "off"]) {
  nginxTest(
    `an answer over TLS that does not wait for the 10 MB of its request arrives, 15 of 15, request buffering ${buffering}`,
    async (t) => {
      await using stack = await startTlsStack(refuse, `uwsgi_request_buffering ${buffering};`);
      const body = noise(10 * MB);
      const seen: string[] = [];
      for (let i = 0; i < 15; i++) {
        const answer = await send({ port: stack.port, method: "POST", body });
        seen.push(`${answer.status} ${answer.body.toString()}`);
      }
      t.deepEqual(
        seen,
        seen.map(() => "413 no, thank you\n"),
      );
      await stack.stop();
      t.deepEqual(stack.errors, []);
    },
  );
}

nginxTest("an answer over TLS that breaks halfway is seen to be broken, even without a length", async (t) => {
  const clientHasSeen = new Gate();
  await using stack = await startTlsStack((_environ, startResponse) => {
    startResponse("200 OK", [["X-Accel-Buffering", "no"]]);
    return (async function* () {
      yield "the first half";
      await clientHasSeen.opened;
      throw new Error("halfway");
    })();
  });
  const message = await open({ port: stack.port });
  let seen = "";
  await t.throwsAsync(
    async () => {
      for await (const chunk of message) {
        seen += String(chunk);
        clientHasSeen.open();
      }
    },
    { code: "ECONNRESET" },
  );
  t.is(seen, "the first half");
});

nginxTest("an nginx that shows no certificate is refused, and the reason is logged", async (t) => {
  await using stack = await startTlsStack(describeBody);
  t.is((await send({ port: stack.port, path: "/anonymous" })).status, 502);
  await stack.stop();
  t.is(stack.errors.length, 1);
  t.regex(stack.errors.join(), /TLS handshake failed: the peer shows no client certificate/);
});

nginxTest("an nginx that expects another name does not send its request", async (t) => {
  let calls = 0;
  await using stack = await startTlsStack((environ, startResponse) => {
    calls++;
    return describeBody(environ, startResponse) as Promise<string>;
  });
  t.is((await send({ port: stack.port, path: "/misnamed" })).status, 502);
  t.is(calls, 0);
});

nginxTest("an nginx that speaks plain uwsgi to a TLS socket is refused, and the log says so", async (t) => {
  const { server: own } = await certificates();
  const errors: string[] = [];
  const server = await serve(refuse, {
    socket: "suwsgi://127.0.0.1:0",
    tls: own,
    log: { errors: { write: (line: string) => errors.push(line) } },
  });
  const plain = server.addresses.map(formatAddress).join().replace("suwsgi://", "");
  await using front = await startFront(
    { confText: ({ port }) => httpBlock(port, `location / { uwsgi_pass ${plain}; }`) },
    () => server.close(),
  );
  t.is((await send({ port: front.port })).status, 502);
  await front.stop();
  t.regex(errors.join(), /plain uwsgi spoken to a TLS socket/);
});
