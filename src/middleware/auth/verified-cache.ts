/**
 * Credentials that were good a moment ago, so that a slow hash is not computed for each request. What is kept says
 * nothing of them: a code under a key that only this process has. Times in milliseconds of a clock that only goes forward.
 */
import { createHmac, createSecretKey, randomBytes } from "node:crypto";
import type { Identity } from "../../handler/index.ts";

interface Kept {
  readonly identity: Identity;
  readonly until: number;
}

export class VerifiedCache {
  /** As an object: half the time for each code. */
  private readonly secret = createSecretKey(randomBytes(32));
  private readonly keepMs: number;
  private readonly most: number;
  private readonly kept = new Map<string, Kept>();

  /** Of more than `most` those are forgotten that came first. */
  constructor(keepMs: number, most = 1_000) {
    this.keepMs = keepMs;
    this.most = most;
  }

  /** `hash`: with another one it is another key. */
  keyOf(name: string, password: string, hash: string): string {
    const hmac = createHmac("sha256", this.secret);
    // With their lengths: no two can be read as others.
    hmac.update(`${name.length} ${password.length} ${name}${password}${hash}`, "utf8");
    return hmac.digest("base64");
  }

  get(key: string, now: number): Identity | undefined {
    const found = this.kept.get(key);
    if (found === undefined) return undefined;
    if (now < found.until) return found.identity;
    this.kept.delete(key);
    return undefined;
  }

  keep(key: string, identity: Identity, now: number): void {
    if (this.keepMs === 0) return;
    this.kept.delete(key);
    this.kept.set(key, { identity, until: now + this.keepMs });
    if (this.kept.size <= this.most) return;
    for (const oldest of this.kept.keys()) {
      this.kept.delete(oldest);
      break;
    }
  }
}
