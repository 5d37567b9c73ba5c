/**
 * The sockets of a service, as its master has them: bound, taken over from systemd or from a master before this one,
 * and held through everything. It never accepts; workers inherit the descriptors and do.
 *
 * They are had in two steps, because the second takes as long as a program takes to start, and workers can be started
 * meanwhile: `bind` has the descriptors, and refuses what can be refused at once; `openQueues` makes them listen and
 * gives unix sockets their path. What is at a path thus always listens, and nobody takes it for dead.
 */
import { closeSync } from "node:fs";
import {
  type Address,
  adoptSocket,
  checkExposure,
  formatAddress,
  type HeldSocket,
  holdSocket,
  noCertificate,
  openQueues,
} from "../../connection/index.ts";
import { typeError } from "../../errors.ts";
import { type Activated, takeActivation } from "./activation.ts";
import { type HandedSocket, takeHandover, writeHandover } from "./handover.ts";
import { Place, type PlaceOptions, type ServiceSocket } from "./place.ts";
import { isSameAddress } from "./same-address.ts";

export interface SocketsOptions extends PlaceOptions {
  /** What was passed to this process is read there, and removed, so that no child reads it. Default `process.env`. */
  readonly env?: NodeJS.ProcessEnv;
}

/** What was passed to this process, and has not found its address yet. */
interface Passed {
  readonly handed: HandedSocket[];
  readonly activated: PassedSocket[];
}

type PassedSocket = Activated & { readonly held: HeldSocket };

export class Sockets {
  private readonly places: Place[] = [];
  private readonly options: SocketsOptions;

  private constructor(options: SocketsOptions) {
    this.options = options;
  }

  /**
   * Has a descriptor for each address: one that a master before this one has handed over, one that systemd has passed
   * for it, or a new one. Rejects as `holdSocket` does, and with a TypeError (`UWSGI_INVALID_ARGUMENT`) for what systemd
   * passes and no address names: whoever connected there would wait for ever.
   */
  static async bind(addresses: readonly Address[], options: SocketsOptions = {}): Promise<Sockets> {
    const { env = process.env } = options;
    const handed = takeHandover(env) ?? [];
    const activated = takeActivation(env, process.pid);
    const sockets = new Sockets(options);
    const passed: Passed = { handed, activated: [] };
    try {
      // Who may connect is asked when it is known what for.
      for (const one of activated) {
        const held = await holdSocket({ kind: "fd", fd: one.fd }, { insecure: true });
        passed.activated.push({ ...one, held });
      }
      for (const address of addresses) await sockets.add(address, passed);
      if (passed.activated.length > 0) throw unnamed(passed.activated, addresses);
    } catch (error) {
      await sockets.abandon();
      throw error;
    } finally {
      for (const { held } of passed.activated) held.release();
      for (const { fd } of passed.handed) closeUnwanted(fd);
    }
    return sockets;
  }

  /** In the order of the addresses. Where a path was bound anew, the new one: to be asked for at each start of a worker. */
  get list(): readonly ServiceSocket[] {
    return this.places.map((place) => place.forWorkers);
  }

  /**
   * From then on connections queue, and unix sockets have their path. Rejects as `holdSocket` does, behind
   * `abandon`: of an address that another has bound at the same time it is known only now who was first.
   */
  async openQueues(): Promise<void> {
    const waiting = this.places.flatMap((place) => place.waiting ?? []);
    try {
      if (waiting.length > 0) {
        const [{ backlog } = { backlog: 0 }] = waiting;
        const fds = waiting.map(({ server }) => server.fd);
        const outcomes = await openQueues(fds, backlog).catch((error: Error) => fds.map(() => error));
        for (const [index, one] of waiting.entries()) one.open(outcomes[index]);
      }
      await Promise.all(this.places.map((place) => place.held));
    } catch (error) {
      await this.abandon();
      throw error;
    }
  }

  /** What a new master needs: its environment, and the descriptors that it must have from `firstFd` on. */
  handover(firstFd = 3): { readonly env: Readonly<Record<string, string>>; readonly fds: readonly number[] } {
    const handed = this.places.map((place) => ({
      ...place.forWorkers,
      asked: formatAddress(place.asked),
      file: place.file,
    }));
    return { env: writeHandover(handed, firstFd), fds: handed.map(({ fd }) => fd) };
  }

  /** Removes the paths that are ours, and closes the descriptors; workers go on with theirs. Idempotent. */
  async close(): Promise<void> {
    await Promise.all(this.places.map((place) => place.close()));
  }

  /** As `close`, for who does not get to serve: what a master before this one has handed over is left to it, path and all. */
  async abandon(): Promise<void> {
    for (const place of this.places) if (place.isOthers) place.release();
    const ours = this.places.filter((place) => !place.isOthers);
    await Promise.all(ours.map((place) => place.close()));
  }

  /** Closes the descriptors and leaves the paths: they are another master's. Once `openQueues` has resolved. */
  release(): void {
    for (const place of this.places) place.release();
  }

  private async add(address: Address, passed: Passed): Promise<void> {
    const { options } = this;
    if (address.kind === "tls" && options.tls === undefined) throw noCertificate(address);
    const handed = takeOut(passed.handed, ({ asked }) => asked === formatAddress(address));
    const activated = handed === undefined ? await this.findActivated(address, passed.activated) : undefined;
    const place = new Place(
      address,
      (holding) => {
        if (handed !== undefined) return adoptSocket(handed.fd, handed.address, handed.file, holding);
        return activated === undefined ? holdSocket(address, holding) : Promise.resolve(activated.held);
      },
      options,
      { name: handed?.name ?? activated?.name, isOthers: handed !== undefined },
    );
    this.places.push(place);
    await place.bound;
  }

  private async findActivated(asked: Address, activated: PassedSocket[]): Promise<PassedSocket | undefined> {
    const { tls, insecure } = this.options;
    const carrier = asked.kind === "tls" ? asked.over : asked;
    for (const [index, { fd, held }] of activated.entries()) {
      const { address } = held;
      const isMeant = carrier.kind === "fd" ? carrier.fd === fd : await isSameAddress(carrier, address);
      if (!isMeant) continue;
      const isTrusting = insecure === true || (asked.kind === "tls" && tls?.ca !== undefined);
      if (address.kind === "tcp") checkExposure(address, address.host, { ...this.options, insecure: isTrusting });
      return activated.splice(index, 1)[0];
    }
    return undefined;
  }
}

/** A socket of an address that there is no more. */
function closeUnwanted(fd: number): void {
  try {
    closeSync(fd);
  } catch {
    // It was never open: what matters is that it is not.
  }
}

function takeOut<Item>(items: Item[], isMeant: (item: Item) => boolean): Item | undefined {
  const index = items.findIndex(isMeant);
  return index === -1 ? undefined : items.splice(index, 1)[0];
}

function unnamed(activated: readonly PassedSocket[], addresses: readonly Address[]): TypeError {
  const seen = activated.map(({ name, held }) => `${formatAddress(held.address)} (${name})`).join(", ");
  const allowed = addresses.map(formatAddress).join(", ");
  return typeError("UWSGI_INVALID_ARGUMENT", `systemd passes ${seen}, and there is to be listened on ${allowed}`);
}
