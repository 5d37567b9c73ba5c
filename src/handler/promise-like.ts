/** True for whatever `await` would wait for. Asked where nothing shall wait that need not. */
export function isPromiseLike<Value>(value: Value | PromiseLike<Value>): value is PromiseLike<Value> {
  return typeof (value as Partial<PromiseLike<Value>> | null | undefined)?.then === "function";
}

/** Goes on with a value: at once where it is there, behind it where it is a promise. */
export function whenThere<Value, Result>(
  value: Value | Promise<Value>,
  then: (value: Value) => Result | Promise<Result>,
): Result | Promise<Result> {
  return isPromiseLike(value) ? value.then(then) : then(value);
}
