/**
 * The connections of a server, which come and go with every request: an array in which each knows its place. A
 * `Set` takes several times as long for that, most of it for growing and shrinking its table.
 */

/** What can be a member of one roster. */
export interface Placed {
  /** The roster's: where it stands. */
  place: number;
}

/** In no order: whoever leaves is replaced by the last. */
export class Roster<Member extends Placed> {
  private readonly members: Member[] = [];

  get size(): number {
    return this.members.length;
  }

  add(member: Member): void {
    member.place = this.members.length;
    this.members.push(member);
  }

  /** Removes a member; one that is none is left alone. */
  delete(member: Member): void {
    const { members } = this;
    const { place } = member;
    if (members[place] !== member) return;
    const last = members.pop();
    if (last === undefined || last === member) return;
    members[place] = last;
    last.place = place;
  }

  /** The member at `place`, 0 to `size` - 1. */
  at(place: number): Member | undefined {
    return this.members[place];
  }

  /** Those that are members now, each once, whoever leaves meanwhile. */
  all(): Member[] {
    return this.members.slice();
  }
}
