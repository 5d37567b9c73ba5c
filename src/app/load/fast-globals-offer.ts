/**
 * The fast globals for a module of which nobody knows yet whether it is a fetch application. What it takes hold of
 * while it is loaded must be what its requests will be made of; and one that never asks for them pays nothing.
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
  let restore: (() => void) | undefined;
  const getters = new Set<unknown>();
  const withdraw = (): void => {
    for (const [name, descriptor] of originals) {
      // One that was replaced meanwhile is the application's.
      const isOurs = getters.has(Object.getOwnPropertyDescriptor(globalThis, name)?.get);
      if (descriptor !== undefined && isOurs) Object.defineProperty(globalThis, name, descriptor);
    }
  };
  const install = (): void => {
    withdraw();
    restore = installFastGlobals();
  };
  for (const [name, descriptor] of originals) {
    const enumerable = descriptor?.enumerable ?? false;
    const get = (): unknown => {
      install();
      return globalThis[name];
    };
    getters.add(get);
    Object.defineProperty(globalThis, name, {
      configurable: true,
      enumerable,
      get,
      set: (value: unknown) => {
        Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable });
      },
    });
  }
  return (isWanted) => {
    if (!isWanted) restore?.();
    else if (restore === undefined) install();
    withdraw();
  };
}
