/** The classes of the platform, whatever stands in their place. */

/** What Node has as globals. */
export interface Platform {
  readonly Request: typeof Request;
  readonly Response: typeof Response;
  readonly Headers: typeof Headers;
}

let found: Platform | undefined;

/**
 * The globals as they were when first asked for. Not before: Node loads them when they are touched, which takes its
 * time.
 */
export function platform(): Platform {
  return (found ??= { Request, Response, Headers });
}

/**
 * Gives `prototype` what it lacks of `source`, a class's prototype of the platform: properties and methods that ask
 * the object that `real` answers. Without it they would be called on ours, which the platform refuses.
 */
export function delegate(prototype: object, source: object, real: (ours: object) => object): void {
  for (const name of Reflect.ownKeys(source)) {
    const { get, value } = Reflect.getOwnPropertyDescriptor(source, name) ?? {};
    if (name === "constructor" || Object.hasOwn(prototype, name)) continue;
    const shape = { configurable: true, enumerable: typeof name === "string" };
    if (get !== undefined) {
      Object.defineProperty(prototype, name, {
        ...shape,
        get(this: object): unknown {
          return Reflect.get(real(this), name);
        },
      });
    } else if (typeof value === "function") {
      const method = function method(this: object, ...args: unknown[]): unknown {
        const object = real(this);
        return (Reflect.get(object, name) as (...args: unknown[]) => unknown).apply(object, args);
      };
      Object.defineProperty(prototype, name, { ...shape, writable: true, value: method });
    }
  }
}
