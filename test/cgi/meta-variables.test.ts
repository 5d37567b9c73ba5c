import test from "ava";
import { isMetaVariable } from "../../src/cgi/meta-variables.ts";

for (const name of [
  "REQUEST_METHOD",
  "PATH_INFO",
  "PATH_TRANSLATED",
  "CONTENT_LENGTH",
  "REMOTE_USER",
  "REQUEST_URI",
  "DOCUMENT_ROOT",
  "HTTPS",
  "HTTP_COOKIE",
  "SSL_CLIENT_S_DN",
  "UNIQUE_ID",
  "REDIRECT_STATUS",
  "REDIRECT_URL",
  "REDIRECT_HTTP_AUTHORIZATION",
  "REDIRECT_REDIRECT_STATUS",
]) {
  test(`${name} belongs to the request`, (t) => {
    t.true(isMetaVariable(name));
  });
}

for (const name of [
  "PATH",
  "HOME",
  "USER",
  "NODE_OPTIONS",
  "LD_PRELOAD",
  "DATABASE_URL",
  "AWS_SECRET_ACCESS_KEY",
  "http_proxy",
  "HTTPS_PROXY",
  "SSL_CERT_FILE",
  "STATUS",
  "REDIRECT_",
  "REDIRECT_DATABASE_URL",
  "REMOTE",
  "",
]) {
  test(`${JSON.stringify(name)} does not belong to the request`, (t) => {
    t.false(isMetaVariable(name));
  });
}
