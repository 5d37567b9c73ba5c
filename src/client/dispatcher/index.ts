/**
 * Fetch over uwsgi: `fetch(url, { dispatcher })`, and undici.
 *
 * Read first: `handlers.ts` (what undici says to its dispatchers), then `uwsgi-dispatcher.ts` and `exchange.ts` (one
 * request). `planned-request.ts`, `request-headers.ts` and `request-body.ts` read what is asked; `faces.ts` lets the two
 * interfaces of undici's handlers speak to each other, `compose.ts` puts interceptors around.
 * Not here: anything of undici's (decision 0023).
 */
export type {
  CallbackHandler,
  ControlledHandler,
  Dispatch,
  DispatchController,
  DispatchHandler,
  Dispatching,
  DispatchOptions,
  HeaderRecord,
  Interceptor,
  RawHeaders,
} from "./handlers.ts";
export { UwsgiDispatcher, type UwsgiDispatcherOptions } from "./uwsgi-dispatcher.ts";
