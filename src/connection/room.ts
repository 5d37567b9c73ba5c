/** Waiting for room to write: settled from outside, by `drain` or by the end of the connection. */
export class Room {
  resolve: () => void = () => {};
  reject: (error: Error) => void = () => {};
  readonly promise: Promise<void>;

  constructor() {
    this.promise = new Promise<void>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // Whoever waits sees the rejection; a writer that has already given up must not end the process.
    this.promise.catch(() => {});
  }
}
