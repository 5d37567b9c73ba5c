/**
 * Kinds of messages that a process does not know, for the other may be of a later version, and passes over: which of
 * them its log is still to tell of. Who writes to the pipe may make up as many as they like. Pure.
 */

/** A later version has a few more; what is beyond is made up. */
const MOST_KINDS = 10;

/** Characters of a kind that are shown, and by which kinds are told apart. */
const MOST_SHOWN = 60;

export class UnknownKinds {
  private readonly told = new Set<string>();

  /** What the log says of who has sent it; undefined where it has said that already, or enough. */
  note(kind: string): string | undefined {
    const shown = JSON.stringify(kind.slice(0, MOST_SHOWN));
    if (this.told.has(shown) || this.told.size >= MOST_KINDS) return undefined;
    this.told.add(shown);
    return `has sent messages of kind ${shown}, which are not known here: they are passed over`;
  }
}
