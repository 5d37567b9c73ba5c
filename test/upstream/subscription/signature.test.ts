import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import test from "ava";
import { decodeSubscription } from "../../../src/upstream/subscription/decode-subscription.ts";
import { encodeSubscription } from "../../../src/upstream/subscription/encode-subscription.ts";
import { keyFileName, signerOf, verifierOf } from "../../../src/upstream/subscription/signature.ts";
import { folderOf } from "../../helpers/temp-folder.ts";
import { faultOf } from "../../helpers/wire.ts";
import { bytesOf, publicKey as uwsgiPublicKey, signed } from "./vectors.ts";

/** A fresh pair, PEM. */
function makeKeys(modulusLength = 2_048): { privateKey: string; publicKey: string } {
  return generateKeyPairSync("rsa", {
    modulusLength,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
}

const keys = makeKeys();
const announcement = { key: "a.example", address: "127.0.0.1:3031" };

/** Why a datagram's signature is not good. */
function verdict(bytes: Uint8Array, verify: ReturnType<typeof verifierOf>): string | undefined {
  const { key, signature } = decodeSubscription(bytes);
  return verify(key, signature?.signed ?? bytes, signature?.bytes ?? bytes);
}

test("verifies what uWSGI has signed", (t) => {
  const verify = verifierOf({ digest: "SHA1", keys: new Map([["signed.example", uwsgiPublicKey]]) });
  t.is(verdict(bytesOf(signed), verify), undefined);
});

test("one other bit in what uWSGI has signed is found", (t) => {
  const verify = verifierOf({ digest: "SHA1", keys: new Map([["signed.example", uwsgiPublicKey]]) });
  const address = Buffer.from(bytesOf(signed)).indexOf("4997");
  const bytes = bytesOf(signed);
  bytes[address] = "5".charCodeAt(0);
  t.regex(verdict(bytes, verify) ?? "", /is not that of its key/);
});

test("a signature by another digest, or by the key of another domain, is not good", (t) => {
  const bytes = encodeSubscription(announcement, {
    sign: { unix: 1, signer: signerOf({ digest: "SHA256", key: keys.privateKey }) },
  });
  const verify = (digest: string, publicKey: string): string | undefined =>
    verdict(bytes, verifierOf({ digest, keys: new Map([["a.example", publicKey]]) }));
  t.is(verify("SHA256", keys.publicKey), undefined);
  t.regex(verify("SHA1", keys.publicKey) ?? "", /is not that of its key/);
  t.regex(verify("SHA256", uwsgiPublicKey) ?? "", /is not that of its key/);
  t.is(verdict(bytes, verifierOf({ digest: "SHA256", keys: new Map() })), "there is no public key for it");
});

test("keys are looked up in a folder by uWSGI's names, anew after ten seconds", (t) => {
  const folder = folderOf(t);
  let now = 0;
  const verify = verifierOf(`sha256:${folder}`, () => now);
  const bytes = encodeSubscription(announcement, {
    sign: { unix: 1, signer: signerOf({ digest: "SHA256", key: keys.privateKey }) },
  });
  t.regex(verdict(bytes, verify) ?? "", /there is no public key .*\/a\.example\.pem that can be used: ENOENT/);
  writeFileSync(`${folder}/a.example.pem`, keys.publicKey);
  t.is(verdict(bytes, verify), undefined);
  writeFileSync(`${folder}/a.example.pem`, makeKeys().publicKey);
  now = 9_999;
  t.is(verdict(bytes, verify), undefined);
  now = 10_000;
  t.regex(verdict(bytes, verify) ?? "", /is not that of its key/);
});

test("no key leads out of the folder", (t) => {
  t.is(keyFileName("../../etc/passwd"), ".._.._etc_passwd.pem");
  t.is(keyFileName("a.example:8080/b c"), "a.example_8080_b_c.pem");
  t.is(keyFileName(".."), "...pem");
});

test("a file that is no key, or none that can be read, is a reason and no failure", (t) => {
  const folder = folderOf(t);
  writeFileSync(`${folder}/a.example.pem`, "nonsense");
  mkdirSync(`${folder}/b.example.pem`);
  const verify = verifierOf(`SHA1:${folder}`);
  const none = new Uint8Array(1);
  t.regex(verify("a.example", none, none) ?? "", /that can be used/);
  t.regex(verify("b.example", none, none) ?? "", /EISDIR/);
});

for (const [what, make, message] of [
  ["no digest", () => signerOf("/k.pem"), /is no signature: DIGEST:KEYFILE, such as/],
  ["no file", () => signerOf("SHA1:"), /is no signature/],
  ["no folder", () => verifierOf("SHA1:"), /DIGEST:FOLDER/],
  ["an unknown digest", () => verifierOf("SHA0:/k"), /digest of a signature is "SHA0"/],
  ["a file that is not there", () => signerOf("SHA1:/nowhere/k.pem"), /^sign SHA1:\/nowhere\/k\.pem: ENOENT/],
  ["a text that is no key", () => signerOf({ digest: "SHA1", key: "k" }), /^the private key for announcements/],
  ["a public key that is none", () => verifierOf({ digest: "SHA1", keys: new Map([["a", "k"]]) }), /public key for a/],
] as const) {
  test(`refuses ${what}`, (t) => {
    const fault = faultOf(make);
    t.is(fault?.code, "UWSGI_INVALID_ARGUMENT");
    t.regex(fault?.message ?? "", message);
  });
}

test("an encrypted private key is opened by its passphrase", (t) => {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", {
    modulusLength: 2_048,
    privateKeyEncoding: { type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "tea" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  const sign = signerOf({ digest: "SHA256", key: privateKey, passphrase: "tea" });
  const verify = verifierOf({ digest: "SHA256", keys: new Map([["a", publicKey]]) });
  const bytes = Buffer.from("what is signed");
  t.is(verify("a", bytes, sign(bytes)), undefined);
});
