/** Goes on at once where nothing has to be waited for. */
import { isPromiseLike } from "../../handler/index.ts";

/** Calls `then` with a value, behind it where it is a promise. */
export function when<Value, Result>(
  value: Value | Promise<Value>,
  then: (value: Value) => Result | Promise<Result>,
): Result | Promise<Result> {
  return isPromiseLike(value) ? value.then(then) : then(value);
}
