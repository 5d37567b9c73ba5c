/** The options of `uisge route` by which servers announce themselves to it, named as uWSGI's. */
import { typeError } from "../../errors.ts";
import type { PacketRouterOptions } from "../../gateway/index.ts";
import {
  SubscribedUpstreams,
  SubscriptionServer,
  type SubscriptionServerOptions,
  type UpstreamOptions,
} from "../../upstream/index.ts";
import type { RouteConfig } from "../../config/index.ts";
import { present } from "../options/present.ts";
import { milliseconds } from "../options/server-options.ts";

/** What needs a server that listens for announcements. */
const dependent = ["subscription-sign-check", "subscription-allow", "subscription-tolerance"] as const;

/** What rules call the servers that have announced themselves. */
const NAME = "subscribed";

type Config = Pick<RouteConfig, "subscription-server" | (typeof dependent)[number]>;

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
  static of(
    config: Config,
    { connectMs, tls, health, upstreams = {} }: PacketRouterOptions,
  ): Subscriptions | undefined {
    const { "subscription-server": address } = config;
    if (address === undefined) {
      const useless = dependent.find((name) => config[name] !== undefined);
      if (useless === undefined) return undefined;
      throw typeError("UWSGI_INVALID_ARGUMENT", `--${useless} is for --subscription-server`);
    }
    if (Object.hasOwn(upstreams, NAME)) {
      const message = `upstream ${NAME} is the name of those who announce themselves to --subscription-server`;
      throw typeError("UWSGI_INVALID_ARGUMENT", message);
    }
    const options = present({
      signCheck: config["subscription-sign-check"],
      allow: config["subscription-allow"]?.split(","),
      toleranceMs: milliseconds(config["subscription-tolerance"]),
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
