/** Applications that several tests serve, and what belongs to them. */
import type { WsgiFunction } from "../../src/index.ts";
import type { HttpAnswer } from "./http-client.ts";

/** Answers with the string vars of its environ as JSON. */
export const showEnviron: WsgiFunction = (environ, startResponse) => {
  startResponse("200 OK", [["Content-Type", "application/json"]]);
  return JSON.stringify(Object.fromEntries(Object.entries(environ).filter(([, value]) => typeof value === "string")));
};

/** The vars in an answer of `showEnviron`. */
export function varsIn({ body }: HttpAnswer): Readonly<Record<string, string>> {
  return JSON.parse(body.toString()) as Record<string, string>;
}

/** Reads the whole body, then answers with it. */
export const echo: WsgiFunction = async (environ, startResponse) => {
  const body = await environ["wsgi.input"].read();
  startResponse("200 OK", [["Content-Type", "application/octet-stream"]]);
  return body;
};

/** A promise that one side of a test settles and the other waits for. */
export class Gate<Value = void> {
  open: (value: Value) => void = () => {};
  readonly opened: Promise<Value> = new Promise((resolve) => {
    this.open = resolve;
  });
}
