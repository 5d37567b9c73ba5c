import test from "ava";
import { Refused } from "../../../src/middleware/auth/authenticator.ts";
import { Passwords, type PasswordOptions, type VerifyPassword } from "../../../src/middleware/auth/passwords.ts";
import type { AppRequest, Identity } from "../../../src/handler/index.ts";
import { OTHER, SECRET } from "./whoami.ts";

function requestFrom(address = "192.0.2.1"): AppRequest {
  return { environ: { REMOTE_ADDR: address, REMOTE_PORT: "1" }, log() {} } as unknown as AppRequest;
}

/** Passwords with a clock of the test's. */
function passwordsWith(options: PasswordOptions) {
  const clock = { now: 0 };
  const passwords = new Passwords("Basic", { now: () => clock.now, ...options });
  const check = async (name: string, password: string, request = requestFrom()): Promise<string | number> => {
    const verdict = await passwords.check(name, password, request);
    return verdict instanceof Refused ? verdict.status : verdict.name;
  };
  return { passwords, clock, check };
}

/** A hook that knows alice, and counts. */
function hook(answer: (name: string, password: string) => unknown = (_, password) => password === "secret") {
  const calls: string[] = [];
  const verify: VerifyPassword = (name, password) => {
    calls.push(`${name}:${password}`);
    return answer(name, password) as boolean;
  };
  return { calls, verify };
}

test("a right password is known, a wrong one and an unknown name are refused alike", async (t) => {
  const { check, passwords } = passwordsWith({ users: { alice: SECRET, bob: OTHER } });
  t.is(await check("alice", "secret"), "alice");
  t.is(await check("bob", "secret"), 401);
  const [wrong, unknown] = await Promise.all([
    passwords.check("alice", "wrong", requestFrom()),
    passwords.check("nobody", "wrong", requestFrom()),
  ]);
  t.deepEqual(wrong, unknown);
});

test("an unknown name costs as many verifications as a known one, even with the decoy's own password", async (t) => {
  const { passwords, check } = passwordsWith({ users: { alice: SECRET }, throttle: false });
  const { list } = passwords as unknown as { list: { decoy: { verify(password: string): boolean } } };
  let verified = 0;
  const { verify } = list.decoy;
  list.decoy.verify = (password) => {
    verified++;
    return verify(password);
  };
  t.is(await check("alice", "wrong"), 401);
  t.is(verified, 1);
  t.is(await check("nobody", "secret"), 401);
  t.is(verified, 2);
});

test("with no user at all nobody is known", async (t) => {
  t.is(await passwordsWith({ users: {} }).check("alice", ""), 401);
});

test("good credentials are remembered for a minute, wrong ones never", async (t) => {
  const { calls, verify } = hook();
  const { check, clock } = passwordsWith({ verify, cacheSeconds: 60 });
  await check("alice", "secret");
  clock.now = 59_999;
  t.is(await check("alice", "secret"), "alice");
  t.is(calls.length, 1);
  t.is(await check("alice", "wrong"), 401);
  t.is(await check("alice", "wrong"), 401);
  t.is(calls.length, 3);
  clock.now = 60_000;
  await check("alice", "secret");
  t.is(calls.length, 4);
});

test("a hook is asked each time, unless it is said how long its answer is good", async (t) => {
  const { calls, verify } = hook();
  const { check } = passwordsWith({ verify });
  await check("alice", "secret");
  await check("alice", "secret");
  t.is(calls.length, 2);
});

test("what a hook says of a user are claims", async (t) => {
  const { passwords } = passwordsWith({ verify: async () => ({ role: "admin" }) });
  const identity = (await passwords.check("alice", "x", requestFrom())) as Identity;
  t.deepEqual(identity, { name: "alice", scheme: "Basic", claims: { role: "admin" } });
});

for (const answer of [undefined, null, 0, 1, "yes", [], ["admin"]]) {
  test(`a hook that answers ${JSON.stringify(answer) ?? "nothing"} lets nobody in`, async (t) => {
    const { verify } = hook(() => answer);
    t.is(await passwordsWith({ verify }).check("alice", "secret"), 401);
  });
}

test("a hook that fails is a failure, no attempt", async (t) => {
  const { verify } = hook(() => {
    throw new Error("planted");
  });
  const { check } = passwordsWith({ verify });
  for (let i = 0; i < 10; i++) await t.throwsAsync(check("alice", "x"), { message: "planted" });
});

test("behind five failures the verifier is not asked until the wait is over", async (t) => {
  const { calls, verify } = hook();
  const { check, clock, passwords } = passwordsWith({ verify });
  for (let i = 0; i < 5; i++) t.is(await check("alice", "wrong"), 401);
  t.is(await check("alice", "secret"), 429);
  t.is(calls.length, 5);
  const refused = (await passwords.check("alice", "secret", requestFrom())) as Refused;
  t.is(refused.retryAfterSeconds, 1);
  clock.now = 1_000;
  t.is(await check("alice", "secret"), "alice");
  for (let i = 0; i < 4; i++) t.is(await check("alice", "wrong"), 401);
  t.is(await check("alice", "secret"), "alice");
});

test("guesses that come all at once are as many as those that come one by one", async (t) => {
  const { calls, verify } = hook(async () => false);
  const { check } = passwordsWith({ verify });
  const outcomes = await Promise.all(Array.from({ length: 30 }, (_, i) => check("alice", `guess ${i}`)));
  t.is(outcomes.filter((status) => status === 429).length, 25);
  t.is(calls.length, 5);
});

test("many requests of one client at once are one attempt, and one computation", async (t) => {
  const { check, passwords } = passwordsWith({ users: { alice: SECRET } });
  let verified = 0;
  const user = (
    passwords as unknown as { list: { find(name: string): { hash: { verify(p: string): unknown } } } }
  ).list.find("alice");
  const { verify } = user.hash;
  user.hash.verify = async (password) => {
    verified++;
    return verify(password);
  };
  const outcomes = await Promise.all(Array.from({ length: 40 }, () => check("alice", "secret")));
  t.deepEqual(new Set(outcomes), new Set(["alice"]));
  t.is(verified, 1);
});

test("guesses at a second factor that come all at once, with one password, are as many as one by one", async (t) => {
  let calls = 0;
  const verify: VerifyPassword = async (_name, _password, { environ }) => {
    calls++;
    await new Promise((resolve) => setImmediate(resolve));
    return environ["HTTP_X_OTP"] === "100";
  };
  const { check } = passwordsWith({ verify });
  const guess = (code: number): AppRequest =>
    ({ environ: { REMOTE_ADDR: "192.0.2.1", REMOTE_PORT: "1", HTTP_X_OTP: String(code) }, log() {} }) as never;
  const outcomes = await Promise.all(Array.from({ length: 30 }, (_, i) => check("alice", "right", guess(i))));
  t.is(outcomes.filter((status) => status === 429).length, 25);
  t.is(calls, 5);
});

test("good requests of one client at once are each asked for, and none is a failure", async (t) => {
  const { calls, verify } = hook(async () => true);
  const { check } = passwordsWith({ verify });
  const outcomes = await Promise.all(Array.from({ length: 30 }, () => check("alice", "secret")));
  t.deepEqual(new Set(outcomes), new Set(["alice"]));
  t.is(calls.length, 30);
});

test("behind a good request of the same name and password a bad one is a failure", async (t) => {
  let asked = 0;
  const verify: VerifyPassword = async () => ++asked === 1;
  const { check } = passwordsWith({ verify, throttle: { failures: 2 } });
  t.deepEqual(await Promise.all([check("alice", "x"), check("alice", "x")]), ["alice", 401]);
  t.is(await check("alice", "x"), 401);
  t.is(await check("alice", "x"), 429);
});

test("more than can be computed is refused with 503, and is no failure of the client's", async (t) => {
  let open = (): void => {};
  const gate = new Promise<boolean>((resolve) => (open = () => resolve(true)));
  const { passwords, check } = passwordsWith({ verify: () => gate });
  const asked = Array.from({ length: 70 }, (_, i) => check(`user${i}`, "x", requestFrom(`192.0.2.${i}`)));
  const refused = (await passwords.check("late", "x", requestFrom("192.0.2.200"))) as Refused;
  t.deepEqual([refused.status, refused.retryAfterSeconds], [503, 5]);
  open();
  t.is((await Promise.all(asked)).filter((outcome) => outcome === 503).length, 4);
  t.is(await check("late", "x", requestFrom("192.0.2.200")), "late");
});

for (const [title, name, password] of [
  ["no name", "", "secret"],
  ["a name with a control character", "al\nice", "secret"],
  ["a name with a C1 control character", "al\u0085ice", "secret"],
  ["a name that is too long", "a".repeat(257), "secret"],
  ["a password that is too long", "alice", "x".repeat(1_025)],
  ["a password with a zero in it", "alice", "secret\0"],
] as const) {
  test(`${title} is refused without asking`, async (t) => {
    const { calls, verify } = hook(() => true);
    t.is(await passwordsWith({ verify }).check(name, password), 401);
    t.deepEqual(calls, []);
  });
}

for (const [title, options, message] of [
  ["nothing that says who is known", {}, /none of them is there/],
  ["two that say who is known", { users: {}, verify: () => true }, /2 of them are there/],
  [
    "an unknown option of the throttle",
    { users: {}, throttle: { fails: 1 } },
    /auth throttle: there is no option fails/,
  ],
] as const) {
  test(`${title} cannot be`, (t) => {
    t.throws(() => new Passwords("Basic", options as PasswordOptions), { instanceOf: TypeError, message });
  });
}
