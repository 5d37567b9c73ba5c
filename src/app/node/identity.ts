/**
 * Who the client is, in the members in which Node's sockets say it: as the front end's vars have it, never as headers
 * of the client do. Nothing is known of a client that came to the front end by a unix socket: as with such a socket in
 * Node, `remoteAddress` is undefined, and so is Express' `req.ip`.
 */
import { X509Certificate } from "node:crypto";
import { EventEmitter } from "node:events";
import { type Environ, remoteOf, schemeOf } from "../../environ/index.ts";

/** What is the same for the socket of a request and for a stream that came of an upgrade. */
export abstract class Identity extends EventEmitter {
  /** The vars of the request. */
  abstract readonly environ: Environ;

  get remoteAddress(): string | undefined {
    return remoteOf(this.environ).address;
  }

  get remotePort(): number | undefined {
    return remoteOf(this.environ).port;
  }

  get remoteFamily(): string | undefined {
    return familyOf(remoteOf(this.environ).address);
  }

  /** The front end's, where it sends SERVER_ADDR. */
  get localAddress(): string | undefined {
    const { SERVER_ADDR: address } = this.environ;
    return typeof address === "string" && address !== "" ? address : undefined;
  }

  get localPort(): number | undefined {
    const port = Number(this.environ.SERVER_PORT);
    return Number.isInteger(port) && port > 0 && port <= 65_535 ? port : undefined;
  }

  get localFamily(): string | undefined {
    return familyOf(this.localAddress);
  }

  /** As tls.TLSSocket has it; undefined, as on other sockets, for http. */
  get encrypted(): true | undefined {
    return schemeOf(this.environ) === "https" ? true : undefined;
  }

  /** On a net.Socket it is a plain property, which some applications set behind a proxy. */
  set encrypted(value: unknown) {
    overwrite(this, "encrypted", value);
  }

  /**
   * True when the front end has verified a certificate of the client and says so (nginx: `uwsgi_param
   * SSL_CLIENT_VERIFY $ssl_client_verify`).
   */
  get authorized(): boolean {
    return this.environ["SSL_CLIENT_VERIFY"] === "SUCCESS";
  }

  set authorized(value: unknown) {
    overwrite(this, "authorized", value);
  }

  /** The client's certificate from SSL_CLIENT_CERT (PEM, or percent-encoded PEM); without one `{}`, as in Node. */
  getPeerCertificate(): object {
    const { SSL_CLIENT_CERT: sent } = this.environ;
    if (typeof sent !== "string" || sent === "") return {};
    try {
      // nginx puts a tab before each line but the first.
      return new X509Certificate(decodeURIComponent(sent).replaceAll("\t", "")).toLegacyObject();
    } catch {
      return {};
    }
  }

  address(): object {
    const { localAddress: address, localPort: port, localFamily: family } = this;
    return address === undefined ? {} : { address, family, port };
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}

/** What the application has set counts from now on. */
function overwrite(socket: Identity, name: string, value: unknown): void {
  Object.defineProperty(socket, name, { value, writable: true, enumerable: true, configurable: true });
}

function familyOf(address: string | undefined): string | undefined {
  if (address === undefined) return undefined;
  return address.includes(":") ? "IPv6" : "IPv4";
}
