/**
 * The body of a request, as it is, and what became of it: when sending fails because of where the body comes from (an
 * upload that was broken off, a client slower than the node's patience), the node is not to blame.
 */
export class WatchedBody implements AsyncIterable<Uint8Array> {
  /** Reading it failed. */
  hasFailed = false;
  /** More of it was asked for, and has not come. */
  isAwaited = false;
  private readonly body: AsyncIterable<Uint8Array>;

  constructor(body: AsyncIterable<Uint8Array>) {
    this.body = body;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    const iterator = this.body[Symbol.asyncIterator]();
    const close = iterator.return?.bind(iterator);
    return {
      next: async () => {
        this.isAwaited = true;
        try {
          const result = await iterator.next();
          this.isAwaited = false;
          return result;
        } catch (error) {
          this.hasFailed = true;
          throw error;
        }
      },
      ...(close === undefined ? {} : { return: close }),
    };
  }
}
