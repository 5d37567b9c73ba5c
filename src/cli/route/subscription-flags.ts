/** The options of `uisge route` by which servers announce themselves to it, named as uWSGI's. */
import { typeError } from "../../errors.ts";
import type { PacketRouterOptions } from "../../gateway/index.ts";
import {
  SubscribedUpstreams,
  SubscriptionServer,
  type SubscriptionServerOptions,
  type UpstreamOptions,
} from "../../upstream/index.ts";
import { present, readTimeout } from "../serve-options.ts";

/** As `parseArgs` takes them. */
export const subscriptionFlags = {
  "subscription-server": { type: "string" },
  "subscription-sign-check": { type: "string" },
  "subscription-allow": { type: "string" },
  "subscription-tolerance": { type: "string" },
} as const;

/** What rules call the servers that have announced themselves. */
const NAME = "subscribed";

type Flags = { readonly [Name in keyof typeof subscriptionFlags]?: string | undefined };

/** Who has announced himself, as an upstream for rules. */
export class Subscriptions {
  private readonly upstreams: SubscribedUpstreams;
  private readonly address: string;
  private readonly options: SubscriptionServerOptions;
  private server: SubscriptionServer | undefined;

  private constructor(address: string, options: SubscriptionServerOptions, upstream: UpstreamOptions) {
    this.address = address;
    this.options = options;
    this.upstreams = new SubscribedUpstreams({ upstream });
  }

  /**
   * Undefined where nobody may announce himself. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for options that need
   * `--subscription-server`, and for another upstream of the name.
   */
  static of(flags: Flags, { connectMs, tls, health, upstreams = {} }: PacketRouterOptions): Subscriptions | undefined {
    const { "subscription-server": address } = flags;
    if (address === undefined) {
      const useless = (Object.keys(subscriptionFlags) as (keyof Flags)[]).find((name) => flags[name] !== undefined);
      if (useless === undefined) return undefined;
      throw typeError("UWSGI_INVALID_ARGUMENT", `--${useless} is for --subscription-server`);
    }
    if (Object.hasOwn(upstreams, NAME)) {
      const message = `upstream ${NAME} is the name of those who announce themselves to --subscription-server`;
      throw typeError("UWSGI_INVALID_ARGUMENT", message);
    }
    const options = present({
      signCheck: flags["subscription-sign-check"],
      allow: flags["subscription-allow"]?.split(","),
      toleranceMs: readTimeout("--subscription-tolerance", flags["subscription-tolerance"]),
    });
    const timeouts = connectMs === undefined ? undefined : { connectMs };
    return new Subscriptions(address, options, present({ tls, health, timeouts }));
  }

  /** With those who announce themselves. */
  addTo(options: PacketRouterOptions): PacketRouterOptions {
    return { ...options, upstreams: { ...options.upstreams, [NAME]: this.upstreams } };
  }

  /** Begins to listen; answers where. Rejects as `SubscriptionServer.listen`. */
  async listen(): Promise<string> {
    const onChange: SubscriptionServerOptions["onChange"] = (change) => this.upstreams.apply(change);
    this.server = await SubscriptionServer.listen(this.address, { ...this.options, onChange });
    return this.server.address;
  }

  async close(): Promise<void> {
    await this.server?.close();
    await this.upstreams.close();
  }
}
