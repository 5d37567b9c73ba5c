import test from "ava";
import { Roster } from "../../src/connection/roster.ts";
import { seededRandom } from "../helpers/deliveries.ts";

class Member {
  place = -1;
}

function made(count: number): { roster: Roster<Member>; members: Member[] } {
  const roster = new Roster<Member>();
  const members = Array.from({ length: count }, () => new Member());
  for (const member of members) roster.add(member);
  return { roster, members };
}

test("members stand at their places", (t) => {
  const { roster, members } = made(3);
  t.deepEqual([roster.size, roster.all()], [3, members]);
  t.true(members.every((member, place) => member.place === place && roster.at(place) === member));
  t.is(roster.at(3), undefined);
});

test("whoever leaves is replaced by the last", (t) => {
  const { roster, members } = made(3);
  const [first, second, third] = members as [Member, Member, Member];
  roster.delete(first);
  t.deepEqual([roster.all(), third.place, second.place], [[third, second], 0, 1]);
});

test("who is no member, or none any more, is left alone", (t) => {
  const { roster, members } = made(2);
  const [first, second] = members as [Member, Member];
  roster.delete(first);
  roster.delete(first);
  roster.delete(new Member());
  t.deepEqual(roster.all(), [second]);
});

test("a list of all stays as it is, whoever leaves meanwhile", (t) => {
  const { roster, members } = made(4);
  const seen: Member[] = [];
  for (const member of roster.all()) {
    seen.push(member);
    roster.delete(member);
  }
  t.deepEqual([seen, roster.size], [members, 0]);
});

test("after any coming and going it has whom a set has", (t) => {
  const random = seededRandom(1);
  const { roster, members } = made(0);
  const set = new Set<Member>();
  for (let i = 0; i < 5_000; i++) {
    const some = members[Math.floor(random() * members.length)];
    if (some !== undefined && random() < 0.5) {
      roster.delete(some);
      set.delete(some);
    } else {
      const member = new Member();
      members.push(member);
      roster.add(member);
      set.add(member);
    }
  }
  t.is(roster.size, set.size);
  t.true(roster.all().every((member, place) => set.has(member) && member.place === place));
});
