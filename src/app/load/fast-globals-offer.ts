/**
 * The fast globals for a module of which nobody knows yet whether it is a fetch application. What it takes hold of while it is
 * loaded must be what its requests will be made of; and one that never asks for them pays nothing.
 */
import { installFastGlobals } from "../fetch/fast-globals.ts";

const NAMES = ["Request", "Response", "fetch"] as const;

/**
 * From now on the first look at `Request`, `Response` or `fetch` of the global object installs the fast ones. Answers a
 * function to be called once the application is known: with true it has them, with false it has the platform's, but for
 * what it has itself replaced.
 */
export function offerFastGlobals(): (isWanted: boolean) => void {
  const originals = NAMES.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const);
  const putBack = (): void => {
    for (const [name, descriptor] of originals) {
      // One that was replaced meanwhile is the application's.
      if (descriptor !== undefined && isOffer(name)) Object.defineProperty(globalThis, name, descriptor);
    }
  };
  let restore: (() => void) | undefined;
  let fast: ReadonlyMap<string, unknown> = new Map();
  const install = (): void => {
    putBack();
    const replaced = valuesOf(NAMES.filter((name) => !isUntouched(name, originals)));
    restore = installFastGlobals();
    for (const [name, value] of replaced) put(name, value);
    fast = valuesOf(NAMES.filter((name) => !replaced.has(name)));
  };
  for (const name of NAMES) {
    Object.defineProperty(globalThis, name, {
      configurable: true,
      enumerable: false,
      get: Object.assign(
        () => {
          install();
          return globalThis[name];
        },
        { [OFFER]: true },
      ),
      set: (value: unknown) => put(name, value),
    });
  }
  return (isWanted) => {
    if (isWanted && restore === undefined) install();
    if (isWanted) return;
    const replaced = valuesOf(NAMES.filter((name) => restore !== undefined && globalThis[name] !== fast.get(name)));
    restore?.();
    putBack();
    for (const [name, value] of replaced) put(name, value);
  };
}

const OFFER = Symbol("offer");

function isOffer(name: string): boolean {
  const getter = Object.getOwnPropertyDescriptor(globalThis, name)?.get;
  return getter !== undefined && OFFER in getter;
}

type Descriptors = readonly (readonly [name: string, descriptor: PropertyDescriptor | undefined])[];

function isUntouched(name: string, originals: Descriptors): boolean {
  const now = Object.getOwnPropertyDescriptor(globalThis, name);
  const before = originals.find(([known]) => known === name)?.[1];
  return now?.get === before?.get && now?.value === before?.value;
}

function valuesOf(names: readonly (typeof NAMES)[number][]): ReadonlyMap<string, unknown> {
  return new Map(names.map((name) => [name, globalThis[name]]));
}

function put(name: string, value: unknown): void {
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
}
