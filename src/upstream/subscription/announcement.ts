/**
 * What an instance tells a router by packet 224: who it is, where it listens, and for which key requests shall come.
 * One table holds the order in which uWSGI writes it.
 */

/** An instance that can be sent requests for a key. */
export interface Announcement {
  /** A domain, as in the `Host` of requests (`example.com`, `example.com:8080`), or `domain/mountpoint`. 1-255 characters. */
  readonly key: string;
  /** Where the instance listens: `10.0.0.1:3031` or the path of a unix socket. 1-255 characters. */
  readonly address: string;
  /** The modifier1 that the router writes into the packets it sends there, 0-255. Default 0. */
  readonly modifier1?: number;
  /** Likewise modifier2. Default 0. */
  readonly modifier2?: number;
  /** Requests that the instance can answer at a time; for information. uWSGI: processes times threads. Default 1. */
  readonly cores?: number;
  /** What waits in the instance's listen queue; for information. Default 0. */
  readonly load?: number;
  /** Its share of requests, 1-65 535; a router takes 0, which uWSGI sends unless told otherwise, as 1. Default 1. */
  readonly weight?: number;
  /** Level n, 255 at most, gets requests only while no node of a lower level lives. uWSGI 2.0 neither sends nor reads it. Default 0. */
  readonly backup?: number;
  /** `http`: the instance speaks HTTP, not uwsgi. uWSGI 2.0 neither sends nor reads it. */
  readonly proto?: string;
  /** How the router chooses among the nodes of the key: `wrr`, `lrc`, `wlrc`, `iphash`. uWSGI 2.0 does not read it. */
  readonly algo?: string;
  /** Files of the router's machine, PEM: key, certificate and authority for this domain at an HTTPS router. */
  readonly sniKey?: string;
  readonly sniCrt?: string;
  readonly sniCa?: string;
}

/** An announcement as it came. */
export interface ReceivedAnnouncement extends Announcement {
  readonly modifier1: number;
  readonly modifier2: number;
  readonly cores: number;
  readonly load: number;
  readonly weight: number;
  readonly backup: number;
  /** True: the instance wants no more requests. */
  readonly isUnsubscribe: boolean;
  /** When it was made, in seconds since 1970 by the sender's clock; only in signed ones. */
  readonly unix?: number;
  readonly signature?: {
    readonly bytes: Uint8Array;
    /** What was signed. A view of the datagram. */
    readonly signed: Uint8Array;
  };
}

/** uWSGI's routers read so many bytes of a datagram, header included (`cr_common.c`). */
export const MAX_DATAGRAM_BYTES = 4_096;

/** The packet family. */
export const SUBSCRIPTION_MODIFIER1 = 224;

/** Most characters of a key or an address (`uwsgi_get_subscribe_slot`: 0xff). */
export const MAX_NAME_BYTES = 255;

/** Most that a field may say. uWSGI has no limit for the latter four. */
export const mostOf = {
  modifier1: 255,
  modifier2: 255,
  cores: 0xffff_ffff,
  load: 0xffff_ffff,
  weight: 65_535,
  backup: 255,
} as const;

export type NumberField = keyof typeof mostOf;

/** Fields of text, beside key and address, and their names in the packet. */
export const textFields: readonly (readonly [field: "proto" | "algo" | "sniKey" | "sniCrt" | "sniCa", name: string])[] =
  [
    ["sniKey", "sni_key"],
    ["sniCrt", "sni_crt"],
    ["sniCa", "sni_ca"],
    ["proto", "proto"],
    ["algo", "algo"],
  ];
