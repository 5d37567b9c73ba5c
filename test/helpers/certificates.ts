/** Certificates for a test, made by the `openssl` program: say `needs("openssl")`. */
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { type TempFolder, tempFolder } from "./temp-folder.ts";

const run = promisify(execFile);

/** A certificate and its key: as files, and what is in them. */
export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: Buffer;
  readonly key: Buffer;
}

export interface Certificates extends Disposable {
  /** The authority that has signed all but `stranger`. */
  readonly ca: Certificate;
  /** For `localhost`, 127.0.0.1 and `uisge.test`. */
  readonly server: Certificate;
  readonly client: Certificate;
  /** A client's that is no longer valid. */
  readonly expired: Certificate;
  /** A client's that has signed itself. */
  readonly stranger: Certificate;
}

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** Makes all of them in a folder that goes with the answered object. */
export async function makeCertificates(): Promise<Certificates> {
  const folder = tempFolder();
  const ca = await selfSigned(folder, "ca");
  writeFileSync(folder.file("names"), "subjectAltName=DNS:localhost,DNS:uisge.test,IP:127.0.0.1\n");
  return {
    ca,
    server: await signed(folder, "server", ca, ["-days", "2", "-extfile", folder.file("names")]),
    client: await signed(folder, "client", ca, ["-days", "2"]),
    expired: await signed(folder, "expired", ca, ["-days", "-1"]),
    stranger: await selfSigned(folder, "stranger"),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

async function selfSigned(folder: TempFolder, name: string): Promise<Certificate> {
  const [certFile, keyFile] = [folder.file(`${name}.pem`), folder.file(`${name}.key`)];
  const subject = ["-subj", `/CN=uisge test ${name}`, "-days", "2"];
  await run("openssl", ["req", "-x509", ...NEW_KEY, "-keyout", keyFile, "-out", certFile, ...subject]);
  return read(certFile, keyFile);
}

async function signed(
  folder: TempFolder,
  name: string,
  ca: Certificate,
  options: readonly string[],
): Promise<Certificate> {
  const [certFile, keyFile, request] = [folder.file(`${name}.pem`), folder.file(`${name}.key`), folder.file("request")];
  await run("openssl", ["req", ...NEW_KEY, "-keyout", keyFile, "-out", request, "-subj", `/CN=uisge test ${name}`]);
  const signer = ["-CA", ca.certFile, "-CAkey", ca.keyFile, "-CAcreateserial"];
  await run("openssl", ["x509", "-req", "-in", request, "-out", certFile, ...signer, ...options]);
  return read(certFile, keyFile);
}

function read(certFile: string, keyFile: string): Certificate {
  return { certFile, keyFile, cert: readFileSync(certFile), key: readFileSync(keyFile) };
}
