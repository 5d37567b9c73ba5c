/**
 * Hears `server.listen(...)` of HTTP servers: an application that listens by itself is served on our sockets instead.
 * In place before the application is loaded, and for ES modules and CommonJS alike, as it is `net.Server.prototype`
 * that servers of http, https and http2 listen by. Only what is documented of a server is replaced: `listen`,
 * `listening`, `address`, `close` and its disposal; servers that are not heard keep what they have.
 */
import type { Server as HttpServer } from "node:http";
import { Server } from "node:net";
import { promisify } from "node:util";
import { contractError } from "../../errors.ts";
import { HeardServer } from "./heard-server.ts";
import { answersAs, isHttpServer } from "./http-servers.ts";
import { type Asked, describeAsked, isAsked, readListenArguments } from "./listen-arguments.ts";

export interface ListenHookOptions {
  /** Which call is meant: a port, `host:port`, or a path. Default: the first. */
  readonly which?: string | undefined;
  /** Hear every call until `decide`: an export may be what is served. Default false. */
  readonly hearsAll?: boolean;
  /** A server really listens, beside what is served. */
  readonly onOther?: (asked: string) => void;
  /** A server that answers as what is served does: no port is opened for it. */
  readonly onSame?: (asked: string) => void;
}

/** At most one at a time may be installed. */
export class ListenHook {
  /** Resolves when the application has closed what is served. */
  readonly closed: Promise<void>;
  private readonly options: ListenHookOptions;
  private readonly heard = new Map<unknown, HeardServer>();
  private readonly others: string[] = [];
  /** What is served: a heard server, or an export. */
  private served: unknown;
  private isDecided = false;
  private resolveClosed: () => void = () => {};
  private onHeard: () => void = () => {};
  private restore: (() => void) | undefined;

  constructor(options: ListenHookOptions = {}) {
    this.options = options;
    this.closed = new Promise((resolve) => {
      this.resolveClosed = resolve;
    });
  }

  /** The server that would be served, or is; undefined when none has been heard. */
  get candidate(): HeardServer | undefined {
    return this.heard.values().next().value;
  }

  /** The server that would be served, waited for. One at a time may wait. */
  async untilHeard(): Promise<HeardServer> {
    for (;;) {
      const { candidate } = this;
      if (candidate !== undefined) return candidate;
      await new Promise<void>((resolve) => {
        this.onHeard = resolve;
      });
    }
  }

  /** What other servers asked for. */
  get otherNames(): readonly string[] {
    return this.others;
  }

  /** Replaces the methods; `uninstall` puts them back. */
  install(): this {
    const proto = Server.prototype as unknown as Record<PropertyKey, unknown>;
    const names = ["listen", "close", "address", "listening", Symbol.asyncDispose] as const;
    const originals = names.map((name) => [name, Object.getOwnPropertyDescriptor(proto, name)] as const);
    this.restore = () => {
      for (const [name, descriptor] of originals) {
        if (descriptor === undefined) delete proto[name];
        else Object.defineProperty(proto, name, descriptor);
      }
    };
    Object.defineProperties(
      proto,
      replacements(this.heard, (...call) => this.hear(...call)),
    );
    return this;
  }

  uninstall(): void {
    this.restore?.();
    this.restore = undefined;
  }

  /**
   * Says what is served: a server that was heard, or an application that is exported. Servers that were heard and
   * answer otherwise now listen as they have asked.
   */
  decide(served: unknown): void {
    this.served = served;
    this.isDecided = true;
    for (const [server, { listenArguments, isListening, name }] of this.heard) {
      if (answersAs(server as HttpServer, served)) {
        // It has not been said yet: who is heard for a time only is nobody's copy.
        if (this.options.hearsAll === true) this.options.onSame?.(name);
        continue;
      }
      this.heard.delete(server);
      // Its event `listening` comes a second time, for there is no way to tell it sooner.
      if (isListening) (server as HttpServer).listen(...(listenArguments as [number]));
    }
  }

  /** The last request has ended: servers that were heard are closed. */
  end(): void {
    for (const heard of this.heard.values()) heard.end();
  }

  /** True when the call was heard; false when the server shall listen by itself. */
  private hear(server: HttpServer, args: readonly unknown[]): boolean {
    const call = readListenArguments(args);
    // Node says what is wrong.
    if (call === undefined) return false;
    if (!this.isMeant(server, call.asked)) {
      this.noteOther(call.asked);
      return false;
    }
    const plainArguments = call.callback === undefined ? args : args.slice(0, -1);
    const heard = new HeardServer(server, call.asked, plainArguments, () => this.onClosed(heard));
    const isCopy = this.isDecided || (this.heard.size > 0 && this.options.hearsAll !== true);
    if (isCopy) this.options.onSame?.(heard.name);
    this.heard.set(server, heard);
    heard.begin(call.callback, call.signal);
    this.onHeard();
    return true;
  }

  /** The application goes on while one of its servers does. */
  private onClosed(heard: HeardServer): void {
    if (!this.isDecided) {
      // It was there to try something, such as a port.
      heard.end();
      this.heard.delete(heard.server);
    } else if ([...this.heard.values()].some(({ isListening }) => isListening)) heard.end();
    else this.resolveClosed();
  }

  private isMeant(server: HttpServer, asked: Asked): boolean {
    if (this.isDecided) return answersAs(server, this.served);
    const { candidate } = this;
    if (candidate !== undefined && answersAs(server, candidate.server)) return true;
    const { which, hearsAll = false } = this.options;
    if (which !== undefined) return candidate === undefined && isAsked(asked, which);
    return hearsAll || candidate === undefined;
  }

  private noteOther(asked: Asked): void {
    const name = describeAsked(asked);
    this.others.push(name);
    this.options.onOther?.(name);
  }
}

/** Methods that know which servers have been heard, and leave all others to those that were there. */
function replacements(
  heard: ReadonlyMap<unknown, HeardServer>,
  hear: (server: HttpServer, args: readonly unknown[]) => boolean,
): PropertyDescriptorMap {
  const own = Object.getOwnPropertyDescriptors(Server.prototype) as unknown as Readonly<
    Record<PropertyKey, PropertyDescriptor | undefined>
  >;
  const method = (name: PropertyKey): ((...args: unknown[]) => unknown) => own[name]?.value as () => unknown;
  const [listen, close, address] = [method("listen"), method("close"), method("address")];
  const dispose = method(Symbol.asyncDispose);
  return {
    listen: {
      ...own["listen"],
      value: function listenOrHeard(this: Server, ...args: unknown[]): unknown {
        const known = heard.get(this);
        if (known?.isListening === true) throw alreadyListens();
        if (known !== undefined) {
          throw contractError(`the server of ${known.name} was closed: uisge stops with it, it cannot listen again`);
        }
        return isHttpServer(this) && !this.listening && hear(this, args) ? this : listen.apply(this, args);
      },
    },
    close: {
      ...own["close"],
      value: function closeOrHeard(this: Server, ...args: unknown[]): unknown {
        const known = heard.get(this);
        if (known === undefined) return close.apply(this, args);
        const [callback] = args;
        known.close(typeof callback === "function" ? (callback as () => void) : undefined);
        return this;
      },
    },
    address: {
      ...own["address"],
      value: function addressOrHeard(this: Server): unknown {
        const known = heard.get(this);
        return known === undefined ? address.call(this) : known.address;
      },
    },
    listening: {
      ...own["listening"],
      get(this: Server): unknown {
        const known = heard.get(this);
        return known === undefined ? own["listening"]?.get?.call(this) : known.isListening;
      },
    },
    [Symbol.asyncDispose]: {
      ...own[Symbol.asyncDispose],
      value: async function disposeOrHeard(this: Server): Promise<void> {
        const known = heard.get(this);
        if (known === undefined) await dispose.call(this);
        else if (known.isListening) await promisify(this.close.bind(this))();
      },
    },
  };
}

/** As Node says it. */
function alreadyListens(): Error {
  return Object.assign(new Error("Listen method has been called more than once without closing."), {
    code: "ERR_SERVER_ALREADY_LISTEN",
  });
}
