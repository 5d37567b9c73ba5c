import test from "ava";
import fc from "fast-check";
import { planVassal, type VassalView } from "../../../src/manager/emperor/plan.ts";
import { afterFailure, noFailures, startsAt } from "../../../src/throttle.ts";

const file = { changed: "1", command: "a" };
const running = { changed: "1", command: "a", isStopping: false };
const quiet: VassalView = { file, running, failures: noFailures, restsFor: undefined };

function failing(times: number) {
  let failures = noFailures;
  for (let n = 0; n < times; n++) failures = afterFailure(failures, 1_000);
  return failures;
}

const rows: readonly (readonly [rule: string, view: Partial<VassalView>, action: unknown])[] = [
  ["what runs as its file says is left alone", {}, undefined],
  ["a new file starts a vassal", { running: undefined }, { do: "start" }],
  ["a touched file reloads", { file: { ...file, changed: "2" } }, { do: "reload" }],
  [
    "a changed file stops, to be started anew",
    { file: { changed: "2", command: "b" } },
    { do: "stop", because: "changed" },
  ],
  ["a file that is gone stops", { file: undefined }, { do: "stop", because: "gone" }],
  ["a file that cannot be read leaves what runs", { file: { changed: "2", command: undefined } }, undefined],
  [
    "a file that cannot be read starts nothing",
    { running: undefined, file: { changed: "2", command: undefined } },
    undefined,
  ],
  ["what is stopping is waited for", { running: { ...running, isStopping: true }, file: undefined }, undefined],
  ["what has ended and has no file is forgotten", { running: undefined, file: undefined }, { do: "forget" }],
  ["what was told to end rests", { running: undefined, restsFor: "1" }, undefined],
  ["what rests is started when its file is touched", { running: undefined, restsFor: "0" }, { do: "start" }],
  ["a sixth failure has to wait", { running: undefined, failures: failing(6) }, { do: "wait", until: 2_000 }],
];

for (const [rule, view, action] of rows) {
  test(rule, (t) => {
    t.deepEqual(planVassal({ ...quiet, ...view }, false, 1_000), action as ReturnType<typeof planVassal>);
  });
}

test("at the end all are stopped, and nothing is started", (t) => {
  t.deepEqual(planVassal(quiet, true, 0), { do: "stop", because: "ending" });
  t.deepEqual(planVassal({ ...quiet, running: undefined }, true, 0), { do: "forget" });
  t.is(planVassal({ ...quiet, running: { ...running, isStopping: true } }, true, 0), undefined);
});

test("whatever happens to it, a vassal that is done with has what its file says at last", (t) => {
  const change = fc.constantFrom("write", "touch", "spoil", "remove", "crash", "leave", "pause");
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
      let view: VassalView = { ...quiet, running: undefined };
      const become = (part: Partial<VassalView>): void => {
        view = { ...view, ...part };
      };
      let [now, count] = [0, 1];
      const settle = (): void => {
        for (let rounds = 0; ; rounds++) {
          if (rounds > 20) throw new Error("it does not settle");
          const action = planVassal(view, false, now);
          if (action === undefined || action.do === "forget") return;
          if (action.do === "wait") now = action.until;
          else if (action.do === "stop") become({ running: undefined });
          else if (view.file?.command !== undefined) {
            const { changed, command } = view.file;
            if (action.do === "reload" && view.running?.command !== command) throw new Error("reloaded as another");
            if (action.do === "start" && startsAt(view.failures) > now) throw new Error("started too early");
            become({ running: { changed, command, isStopping: false }, restsFor: undefined });
          }
        }
      };
      for (const what of changes) {
        count++;
        const changed = String(count);
        if (what === "write") become({ file: { changed, command: changed } });
        if (what === "touch" && view.file !== undefined) become({ file: { ...view.file, changed } });
        if (what === "spoil") become({ file: { changed, command: undefined } });
        if (what === "remove") become({ file: undefined });
        if (what === "crash" && view.running !== undefined) {
          become({ running: undefined, failures: afterFailure(view.failures, now) });
        }
        if (what === "leave") become({ running: undefined, restsFor: view.running?.changed });
        if (what === "pause") now += 5_000;
        settle();
        if (view.file === undefined) t.is(view.running, undefined);
        else if (view.file.command !== undefined && view.restsFor !== view.file.changed) {
          t.is(view.running?.command, view.file.command);
        }
      }
    }),
  );
});
